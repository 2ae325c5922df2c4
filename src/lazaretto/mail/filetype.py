"""What a file is by its octets, whatever its name and its label say."""

from __future__ import annotations

import re
from enum import Enum


class FileType(Enum):
    """A kind of file; the value is its usual extension or a word for it."""

    EMPTY = "empty"
    UNKNOWN = "unknown"
    TEXT = "text"
    HTML = "html"
    XML = "xml"
    SVG = "svg"
    PE = "exe"
    DOS = "dos-exe"
    ELF = "elf"
    MACH_O = "mach-o"
    JAVA_CLASS = "class"
    DEX = "dex"
    WASM = "wasm"
    SCRIPT = "script"
    """It begins with ``#!`` or is a batch or HTML-application script by its first words."""
    ZIP = "zip"
    OOXML = "ooxml"
    ODF = "odf"
    JAR = "jar"
    APK = "apk"
    EPUB = "epub"
    SEVEN_ZIP = "7z"
    RAR = "rar"
    GZIP = "gz"
    BZIP2 = "bz2"
    XZ = "xz"
    LZMA = "lzma"
    ZSTD = "zst"
    LZ4 = "lz4"
    LZIP = "lz"
    COMPRESS = "z"
    CAB = "cab"
    SZDD = "szdd"
    ARJ = "arj"
    LHA = "lha"
    ACE = "ace"
    TAR = "tar"
    CPIO = "cpio"
    AR = "ar"
    ISO = "iso"
    VHD = "vhd"
    VHDX = "vhdx"
    WIM = "wim"
    DISK = "img"
    OLE = "ole"
    RTF = "rtf"
    PDF = "pdf"
    POSTSCRIPT = "ps"
    LNK = "lnk"
    URL_FILE = "url"
    ONENOTE = "one"
    CHM = "chm"
    HLP = "hlp"
    TNEF = "tnef"
    ICALENDAR = "ics"
    VCARD = "vcf"
    MESSAGE = "eml"
    MBOX = "mbox"
    PNG = "png"
    JPEG = "jpeg"
    GIF = "gif"
    BMP = "bmp"
    TIFF = "tiff"
    WEBP = "webp"
    ICO = "ico"
    WMF = "wmf"
    EMF = "emf"
    HEIF = "heif"
    MEDIA = "media"
    """Sound or film."""
    FLASH = "swf"
    SQLITE = "sqlite"
    FONT = "font"
    PGP = "pgp"
    CERTIFICATE = "p7m"

    @property
    def is_executable(self) -> bool:
        """Tell whether a system runs it as it is."""
        return self in _EXECUTABLE

    @property
    def is_archive(self) -> bool:
        """Tell whether files are inside."""
        return self in _ARCHIVE

    @property
    def is_image(self) -> bool:
        """Tell whether it is a picture."""
        return self in _IMAGE


_EXECUTABLE = frozenset(
    {
        FileType.PE,
        FileType.DOS,
        FileType.ELF,
        FileType.MACH_O,
        FileType.JAVA_CLASS,
        FileType.DEX,
        FileType.SCRIPT,
        FileType.JAR,
        FileType.APK,
        FileType.LNK,
        FileType.CHM,
    }
)
_ARCHIVE = frozenset(
    {
        FileType.ZIP,
        FileType.JAR,
        FileType.APK,
        FileType.SEVEN_ZIP,
        FileType.RAR,
        FileType.GZIP,
        FileType.BZIP2,
        FileType.XZ,
        FileType.LZMA,
        FileType.ZSTD,
        FileType.LZ4,
        FileType.LZIP,
        FileType.COMPRESS,
        FileType.CAB,
        FileType.SZDD,
        FileType.ARJ,
        FileType.LHA,
        FileType.ACE,
        FileType.TAR,
        FileType.CPIO,
        FileType.AR,
        FileType.ISO,
        FileType.VHD,
        FileType.VHDX,
        FileType.WIM,
        FileType.DISK,
    }
)
_IMAGE = frozenset(
    {
        FileType.PNG,
        FileType.JPEG,
        FileType.GIF,
        FileType.BMP,
        FileType.TIFF,
        FileType.WEBP,
        FileType.ICO,
        FileType.WMF,
        FileType.EMF,
        FileType.HEIF,
    }
)
_PREFIXES: tuple[tuple[bytes, FileType], ...] = (
    (b"\x7fELF", FileType.ELF),
    (b"\xfe\xed\xfa\xce", FileType.MACH_O),
    (b"\xfe\xed\xfa\xcf", FileType.MACH_O),
    (b"\xce\xfa\xed\xfe", FileType.MACH_O),
    (b"\xcf\xfa\xed\xfe", FileType.MACH_O),
    (b"dex\n", FileType.DEX),
    (b"\0asm", FileType.WASM),
    (b"7z\xbc\xaf\x27\x1c", FileType.SEVEN_ZIP),
    (b"Rar!\x1a\x07", FileType.RAR),
    (b"RE~^", FileType.RAR),
    (b"\x1f\x8b", FileType.GZIP),
    (b"BZh", FileType.BZIP2),
    (b"\xfd7zXZ\0", FileType.XZ),
    (b"\x28\xb5\x2f\xfd", FileType.ZSTD),
    (b"\x04\x22\x4d\x18", FileType.LZ4),
    (b"LZIP", FileType.LZIP),
    (b"\x1f\x9d", FileType.COMPRESS),
    (b"\x1f\xa0", FileType.COMPRESS),
    (b"MSCF", FileType.CAB),
    (b"ISc(", FileType.CAB),
    (b"\x60\xea", FileType.ARJ),
    (b"070701", FileType.CPIO),
    (b"070702", FileType.CPIO),
    (b"070707", FileType.CPIO),
    (b"\xc7\x71", FileType.CPIO),
    (b"\x71\xc7", FileType.CPIO),
    (b"SZDD\x88\xf0", FileType.SZDD),
    (b"KWAJ\x88\xf0", FileType.SZDD),
    (b"!<arch>\n", FileType.AR),
    (b"conectix", FileType.VHD),
    (b"vhdxfile", FileType.VHDX),
    (b"MSWIM\0\0\0", FileType.WIM),
    (b"WLPWM\0\0\0", FileType.WIM),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", FileType.OLE),
    (b"{\\rt", FileType.RTF),
    (b"%!PS", FileType.POSTSCRIPT),
    (b"L\0\0\0\x01\x14\x02\0", FileType.LNK),
    (b"\xe4\x52\x5c\x7b\x8c\xd8\xa7\x4d", FileType.ONENOTE),
    (b"ITSF", FileType.CHM),
    (b"?_\x03\0", FileType.HLP),
    (b"\x78\x9f\x3e\x22", FileType.TNEF),
    (b"\x89PNG\r\n\x1a\n", FileType.PNG),
    (b"\xff\xd8\xff", FileType.JPEG),
    (b"GIF87a", FileType.GIF),
    (b"GIF89a", FileType.GIF),
    (b"II*\0", FileType.TIFF),
    (b"MM\0*", FileType.TIFF),
    (b"\0\0\1\0", FileType.ICO),
    (b"\xd7\xcd\xc6\x9a", FileType.WMF),
    (b"ID3", FileType.MEDIA),
    (b"OggS", FileType.MEDIA),
    (b"fLaC", FileType.MEDIA),
    (b"MThd", FileType.MEDIA),
    (b"\x1aE\xdf\xa3", FileType.MEDIA),
    (b"\0\0\1\xba", FileType.MEDIA),
    (b"\0\0\1\xb3", FileType.MEDIA),
    (b"0&\xb2u\x8ef\xcf\x11", FileType.MEDIA),
    (b"FWS", FileType.FLASH),
    (b"CWS", FileType.FLASH),
    (b"ZWS", FileType.FLASH),
    (b"SQLite format 3\0", FileType.SQLITE),
    (b"OTTO\0", FileType.FONT),
    (b"wOFF", FileType.FONT),
    (b"wOF2", FileType.FONT),
    (b"\0\1\0\0\0", FileType.FONT),
    (b"-----BEGIN PGP", FileType.PGP),
    (b"-----BEGIN PKCS7", FileType.CERTIFICATE),
    (b"-----BEGIN CERTIFICATE", FileType.CERTIFICATE),
)
_BY_FIRST: dict[int, tuple[tuple[bytes, FileType], ...]] = {
    first: tuple(entry for entry in _PREFIXES if entry[0][0] == first)
    for first in {p[0] for p, _ in _PREFIXES}
}
_TEXT_KINDS: tuple[tuple[re.Pattern[bytes], FileType], ...] = (
    (re.compile(rb"#!\s*/?\w"), FileType.SCRIPT),
    (re.compile(rb"(?:@echo\s+off\b|<job\b|<hta:|<\?php\b|#requires\b)", re.IGNORECASE), FileType.SCRIPT),
    (re.compile(rb"<\?xml\b.{0,2000}?<svg\b|<svg\b", re.IGNORECASE | re.DOTALL), FileType.SVG),
    (
        re.compile(
            rb"(?:<\?xml[^>]*>\s*)?(?:<!--.{0,500}?-->\s*){0,4}"
            rb"<(?:!doctype\s+html|html|head|body|script|iframe|title|table|div|meta|center|font|style|a\s|p>|h1|img)",
            re.IGNORECASE | re.DOTALL,
        ),
        FileType.HTML,
    ),
    (re.compile(rb"<\?xml\b"), FileType.XML),
    (re.compile(rb"BEGIN:VCALENDAR", re.IGNORECASE), FileType.ICALENDAR),
    (re.compile(rb"BEGIN:VCARD", re.IGNORECASE), FileType.VCARD),
    (re.compile(rb"\[InternetShortcut\]", re.IGNORECASE), FileType.URL_FILE),
    (re.compile(rb"From \S+ .{10,60}\n[!-9;-~]+:"), FileType.MBOX),
    (
        re.compile(
            rb"(?:(?:Received|Return-Path|From|To|Subject|Date|Message-ID|MIME-Version|Delivered-To|X-[\w-]+)"
            rb":[^\n]{0,998}\n(?:[ \t][^\n]{0,998}\n){0,50}){2}",
            re.IGNORECASE,
        ),
        FileType.MESSAGE,
    ),
)
_SNIFFED = 4_096
_BINARY = re.compile(rb"[\0-\x08\x0e-\x1a\x1c-\x1f]")
_NOT_BINARY = bytes(octet for octet in range(256) if not _BINARY.match(bytes([octet])))
_SPACE_BEFORE = b" \t\r\n\xef\xbb\xbf"
_WIDE_BOMS = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}


def file_type(octets: bytes) -> FileType:
    """Return what ``octets``, a file or its beginning, are; the first 64 KiB are enough."""
    if not octets:
        return FileType.EMPTY
    by_prefix = _by_prefix(octets)
    if by_prefix is not None:
        return by_prefix
    return _by_place(octets) or _text_kind(octets)


def _by_prefix(octets: bytes) -> FileType | None:
    if octets.startswith(b"MZ"):
        return _dos_or_pe(octets)
    if octets.startswith(b"PK"):
        return _zip_kind(octets)
    if octets.startswith(b"\xca\xfe\xba\xbe"):
        # Fat Mach-O files share this mark with Java classes, whose next word is a version above 40.
        return FileType.MACH_O if int.from_bytes(octets[4:8], "big") < 40 else FileType.JAVA_CLASS
    if octets.startswith(b"BM") and len(octets) > 26 and octets[14:18] in _BMP_HEADERS:
        return FileType.BMP
    if octets.startswith(b"RIFF"):
        return FileType.WEBP if octets[8:12] == b"WEBP" else FileType.MEDIA
    for prefix, kind in _BY_FIRST.get(octets[0], ()):
        if octets.startswith(prefix):
            return kind
    return None


_PKCS7 = re.compile(rb"\x2a\x86\x48\x86\xf7\x0d\x01(?:\x07|\x09\x10\x01)")
_BMP_HEADERS = tuple(bytes([size, 0, 0, 0]) for size in (12, 40, 52, 56, 64, 108, 124))


def _dos_or_pe(octets: bytes) -> FileType | None:
    if _BINARY.search(octets, 2, 64) is None and len(octets) > 64:
        # Prose can begin with these two letters as well.
        return None
    offset = int.from_bytes(octets[60:64], "little")
    return FileType.PE if octets[offset : offset + 4] == b"PE\0\0" or offset > len(octets) else FileType.DOS


def _zip_kind(octets: bytes) -> FileType | None:
    if octets[2:4] not in (b"\3\4", b"\5\6", b"\7\x08", b"00"):
        return None
    start = octets[:65536]
    if b"AndroidManifest.xml" in start:
        return FileType.APK
    if b"[Content_Types].xml" in start or b"_rels/.rels" in start:
        return FileType.OOXML
    if start[30:38] == b"mimetype":
        return FileType.EPUB if b"epub" in start[38:70] else FileType.ODF
    return FileType.JAR if b"META-INF/MANIFEST.MF" in start else FileType.ZIP


def _by_place(octets: bytes) -> FileType | None:
    """Tell files that are known by octets which do not stand at their beginning."""
    pdf = octets[:1024].find(b"%PDF-")
    if pdf >= 0:
        return FileType.PDF
    if octets[4:8] == b"ftyp":
        return FileType.HEIF if octets[8:12] in (b"heic", b"heix", b"mif1", b"avif") else FileType.MEDIA
    if octets[257:262] == b"ustar":
        return FileType.TAR
    if octets[0x8001:0x8006] == b"CD001" or octets[0x8801:0x8806] == b"CD001":
        return FileType.ISO
    if octets[2:5] == b"-lh" and octets[6:7] == b"-":
        return FileType.LHA
    if octets[7:14] == b"**ACE**":
        return FileType.ACE
    if octets[40:44] == b" EMF" and octets.startswith(b"\1\0\0\0"):
        return FileType.EMF
    if octets[510:512] == b"\x55\xaa" and octets[:1] in (b"\xeb", b"\xe9", b"\x33", b"\xfa"):
        return FileType.DISK
    if octets.startswith(b"\x5d\0\0") and octets[5:8] in (b"\xff\xff\xff", b"\0\0\0"):
        return FileType.LZMA
    if octets.startswith(b"\x30") and _PKCS7.search(octets[:64]):
        return FileType.CERTIFICATE
    return None


def _text_kind(octets: bytes) -> FileType:
    sample = octets[:_SNIFFED]
    wide = _WIDE_BOMS.get(sample[:2])
    if wide is not None:
        sample = sample[2:].decode(wide, "replace").encode("utf-8", "replace")
    sample = sample.lstrip(_SPACE_BEFORE)
    for pattern, kind in _TEXT_KINDS:
        if pattern.match(sample):
            return kind
    if octets.startswith(b"\xff\xfb") or octets.startswith(b"\xff\xf3"):
        return FileType.MEDIA
    # For a text, which is read to its end, this is several times as fast as a search.
    return FileType.UNKNOWN if sample.translate(None, _NOT_BINARY) else FileType.TEXT
