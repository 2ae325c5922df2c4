"""SpamAssassin and rspamd as Debian ships them, each with a Bayes base of its own, without network."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lazaretto.testing.ports import await_port, free_port

_PREFERENCES = """\
use_bayes 1
bayes_auto_learn 0
bayes_path {folder}/bayes
bayes_min_spam_num 50
bayes_min_ham_num 50
skip_rbl_checks 1
dns_available no
use_pyzor 0
use_razor2 0
"""
_CHECK = r"""
use strict; use warnings; use Mail::SpamAssassin; $| = 1;
my $sa = Mail::SpamAssassin->new({
    local_tests_only => 1, userprefs_filename => $ARGV[0], dont_copy_prefs => 1, userstate_dir => $ARGV[1],
});
$sa->init(1);
while (my $name = <STDIN>) {
    chomp $name;
    open(my $file, '<:raw', $name) or die "$name: $!";
    my $text = do { local $/; <$file> };
    my $mail = $sa->parse($text);
    my $status = $sa->check($mail);
    print $status->get_score, "\n";
    $status->finish; $mail->finish;
}
"""
_BAYES = """\
"bayes" {{
  tokenizer {{ name = "osb"; }}
  backend = "sqlite3";
  min_tokens = 11;
  min_learns = 50;
  statfile {{ symbol = "BAYES_HAM"; path = "{folder}/bayes.ham.sqlite"; spam = false; }}
  statfile {{ symbol = "BAYES_SPAM"; path = "{folder}/bayes.spam.sqlite"; spam = true; }}
}}
"""


class SpamAssassin:
    """SpamAssassin's library in one process of Perl."""

    name, threshold = "spamassassin", 5.0

    def __init__(self) -> None:
        """Get a folder; nothing is learned yet.  Raises ``FileNotFoundError`` if it is not installed."""
        if not shutil.which("sa-learn"):
            raise FileNotFoundError("SpamAssassin (Debian package spamassassin)")
        self._folder = Path(tempfile.mkdtemp(prefix="lazaretto-sa-"))
        self._preferences = self._folder / "user_prefs"
        self._preferences.write_text(_PREFERENCES.format(folder=self._folder))

    def learn(self, left_out: str, spam: Sequence[Path], ham: Sequence[Path]) -> None:
        """Forget everything and learn from these."""
        for file in self._folder.glob("bayes*"):
            file.unlink()
        for option, files in (("--spam", spam), ("--ham", ham)):
            names = self._folder / "names"
            names.write_text("".join(f"{file}\n" for file in files))
            command = ["sa-learn", "-L", "-p", str(self._preferences), "--no-sync", option, "-f", str(names)]
            subprocess.run(command, check=True, capture_output=True)
        command = ["sa-learn", "-L", "-p", str(self._preferences), "--sync"]
        subprocess.run(command, check=True, capture_output=True)

    def scores(self, files: Sequence[Path]) -> list[float]:
        """Return a score for each of ``files``."""
        names = "".join(f"{file}\n" for file in files).encode()
        command = ["perl", "-e", _CHECK, str(self._preferences), str(self._folder)]
        done = subprocess.run(command, check=True, input=names, capture_output=True)
        return [float(line) for line in done.stdout.split()]

    def close(self) -> None:
        """Remove the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


class Rspamd:
    """A running rspamd, started anew for every base."""

    name, threshold = "rspamd", 6.0

    def __init__(self) -> None:
        """Start nothing yet.  Raises ``FileNotFoundError`` if it is not installed."""
        if not shutil.which("rspamd", path="/usr/bin:/usr/sbin"):
            raise FileNotFoundError("rspamd (Debian package rspamd)")
        # Its base is written to disk with every message it learns: in memory that takes no time.
        memory = "/dev/shm" if Path("/dev/shm").is_dir() else None
        self._folder = Path(tempfile.mkdtemp(prefix="lazaretto-rspamd-", dir=memory))
        self._process: subprocess.Popen[bytes] | None = None
        self._scan = self._control = 0

    def learn(self, left_out: str, spam: Sequence[Path], ham: Sequence[Path]) -> None:
        """Forget everything and learn from these."""
        self._stop()
        self._start(self._folder / left_out)
        for path, files in (("learnspam", spam), ("learnham", ham)):
            for file in files:
                # One answer of many says that a message was too short to learn from.
                self._post(self._control, path, file)

    def scores(self, files: Sequence[Path]) -> list[float]:
        """Return a score for each of ``files``."""
        with ThreadPoolExecutor(2) as pool:
            answers = pool.map(lambda file: self._post(self._scan, "checkv2", file), files)
            return [float(answer.get("score", 0.0)) for answer in answers]

    def close(self) -> None:
        """End it and remove the folder."""
        self._stop()
        shutil.rmtree(self._folder, ignore_errors=True)

    def _post(self, port: int, path: str, file: Path) -> dict[str, float]:
        # It is not told who sent the message: without DNS it takes every sender for one without a name.
        request = urllib.request.Request(f"http://127.0.0.1:{port}/{path}", data=file.read_bytes())
        try:
            with urllib.request.urlopen(request, timeout=120) as answer:
                loaded: dict[str, float] = json.load(answer)
                return loaded
        except urllib.error.HTTPError:
            return {}

    def _start(self, folder: Path) -> None:
        self._scan, self._control = free_port(), free_port()
        shutil.copytree("/etc/rspamd", folder / "etc")
        local = folder / "etc" / "local.d"
        local.mkdir(exist_ok=True)
        data = folder / "data"
        data.mkdir()
        (local / "options.inc").write_text(
            f'dns {{ nameserver = ["127.0.0.1:{free_port()}"]; timeout = 0.01s; retransmits = 1; }}\n'
        )
        (local / "worker-normal.inc").write_text(f'bind_socket = "127.0.0.1:{self._scan}";\ncount = 2;\n')
        (local / "worker-controller.inc").write_text(
            f'bind_socket = "127.0.0.1:{self._control}";\nsecure_ip = "127.0.0.1";\n'
        )
        (local / "worker-proxy.inc").write_text("enabled = false;\n")
        (local / "worker-fuzzy.inc").write_text("enabled = false;\n")
        (local / "classifier-bayes.conf").write_text("")
        (folder / "etc" / "statistic.conf").write_text(f"classifier {_BAYES.format(folder=data)}")
        log = f'type = "file"; filename = "{data}/rspamd.log"; level = "warning";\n'
        (local / "logging.inc").write_text(log)
        for module in ("greylist", "ratelimit", "history_redis", "neural", "fuzzy_check", "rbl"):
            (local / f"{module}.conf").write_text("enabled = false;\n")
        for each in (self._folder, folder):
            each.chmod(0o755)
        shutil.chown(data, "_rspamd", "_rspamd")
        command = ["rspamd", "-f", "-u", "_rspamd", "-g", "_rspamd", "-c", str(folder / "etc/rspamd.conf")]
        command += ["--var", f"DBDIR={data}", "--var", f"RUNDIR={data}", "--var", f"LOGDIR={data}"]
        command += ["--var", f"CONFDIR={folder}/etc", "--var", f"LOCAL_CONFDIR={folder}/etc"]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        await_port(self._scan)
        await_port(self._control)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
            self._process = None
