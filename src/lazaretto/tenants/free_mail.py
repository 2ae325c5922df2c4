"""Domains at which everybody can have a mail address within a minute."""

from __future__ import annotations

from typing import Final

FREE_MAIL_DOMAINS: Final = frozenset(
    """
    126.com 163.com aim.com aol.com bluewin.ch caramail.com email.com fastmail.com fastmail.fm
    free.fr freenet.de gmail.com gmx.at gmx.ch gmx.com gmx.de gmx.fr gmx.net googlemail.com hey.com
    hotmail.be hotmail.co.uk hotmail.com hotmail.de hotmail.es hotmail.fr hotmail.it hotmail.nl
    hushmail.com icloud.com inbox.com inbox.ru keemail.me kpnmail.nl laposte.net libero.it list.ru
    live.be live.co.uk live.com live.fr live.nl mac.com mail.com mail.ee mail.ru me.com msn.com
    naver.com o2.pl onet.pl orange.fr outlook.be outlook.com outlook.de outlook.es outlook.fr
    planet.nl posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com
    rocketmail.com sapo.pt seznam.cz sfr.fr sina.com skynet.be t-online.de telenet.be terra.com.br
    tuta.com tuta.io tutamail.com tutanota.com uol.com.br virgilio.it voila.fr wanadoo.fr web.de
    wp.pl xs4all.nl yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com yahoo.com.br yahoo.de
    yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru yeah.net ymail.com zoho.com ziggo.nl
    """.split()  # noqa: SIM905 - a list of a hundred lines says no more
)
