"""Words that tell the language of a text and nothing else.

Collections hold unwanted mail in many languages and wanted mail mostly in English, so a model would
learn that German is suspicious.  These words are no features; English ones may be.
"""

from __future__ import annotations

_WORDS = (
    # German
    "ich sie er es wir ihr mich mir dich dir uns euch ihnen ihre ihren ihrem ihrer mein meine unser unsere "
    "der das den dem des ein eine einen einem einer eines und oder aber auch nicht kein keine ist sind "
    "war waren sein hat haben hatte wird werden wurde kann konnen muss mussen soll sollten mochte fur von "
    "zu zum zur mit bei aus auf nach uber unter durch als wie wenn dass sich nur noch schon sehr hier "
    "bitte diese dieser dieses diesem "
    # Dutch
    "ik jij je u uw hij zij wij we jullie hun mijn onze ons het een van en of maar ook niet geen zijn "
    "heeft hebben had wordt worden kan kunnen moet moeten zou zal voor naar met bij uit op om als dan dat "
    "deze dit die te nog al zeer hier daar graag "
    # French
    "je tu il elle nous vous ils elles moi toi lui leur leurs mon ma mes votre vos notre nos son sa ses "
    "le la les un une des du de au aux et ou mais aussi ne pas est sont etait etre avoir ai avez avons ont "
    "peut pouvez pour par avec sans sur sous dans en chez ce cet cette ces que qui quoi dont si plus tres "
    "ici bien qu est "
    # Spanish, Portuguese, Italian
    "yo el ella usted nosotros los las una y o pero no es son por para con sin sobre en su sus que como "
    "mi si lo del al eu ele ela voce os as um uma e mas nao sao com sem em seu sua seus suas do da dos "
    "das no na nos nas io lui lei noi voi il gli uno di a con senza suo sua che non sono ha ho della del "
    "dei delle per "
    # Polish, Czech, Turkish
    "i w z na do nie sie jest sa to ze dla od po jak czy oraz nas was a v s se je jsou pro ve si jako "
    "ale ve bir bu icin ile "
)
_ENGLISH = frozenset(
    [
        "a",
        "i",
        "we",
        "me",
        "do",
        "no",
        "on",
        "in",
        "an",
        "had",
        "so",
        "was",
        "his",
        "her",
        "of",
        "or",
        "as",
        "die",
        "to",
        "over",
        "by",
        "at",
        "has",
        "has",
        "son",
        "do",
    ]
)
GRAMMAR = frozenset(_WORDS.split()) - _ENGLISH
_SMALL_ENGLISH = (
    "the a an and or but of to in on at by for from with as is are was were be been it its this that these "
    "those i you he she we they me him her us them my your his our their not no if so do does did have has "
    "had will would can could should may there here what which who when where how than then"
)
SMALL = frozenset(_WORDS.split()) | frozenset(_SMALL_ENGLISH.split())
"""Words that hold sentences together, of all these languages."""


def is_grammar(feature: str) -> bool:
    """Tell whether the word feature ``feature`` consists of such words, and numbers, alone."""
    return all(word in GRAMMAR or word == "0" for word in feature.removeprefix("s:").split(" "))
