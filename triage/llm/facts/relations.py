"""Words for people, in the languages callers use, and what they tell of the sex."""

import re

# Name → the words after a possessive ("my …", "mi …", "mon …", "meine …").
_ENGLISH = {
    "father": "dad|daddy|father|papa",
    "mother": "mum|mom|mam|mummy|mommy|mother",
    "father-in-law": "father-in-law|father in law|dad-in-law",
    "mother-in-law": "mother-in-law|mother in law|mum-in-law",
    "brother-in-law": "brother-in-law|brother in law",
    "sister-in-law": "sister-in-law|sister in law",
    "son-in-law": "son-in-law|son in law",
    "daughter-in-law": "daughter-in-law|daughter in law",
    "stepfather": "stepdad|stepfather|step-dad|step dad",
    "stepmother": "stepmum|stepmother|step-mum|stepmom",
    "grandfather": "grandad|granddad|grandpa|grandfather|gramps",
    "grandmother": "grandma|granny|gran|grandmother|nan|nana|nanna",
    "son": "son",
    "daughter": "daughter",
    "grandson": "grandson",
    "granddaughter": "granddaughter",
    "husband": "husband|hubby",
    "wife": "wife",
    "partner": "partner",
    "brother": "brother",
    "sister": "sister",
    "uncle": "uncle",
    "aunt": "aunt|auntie|aunty",
    "cousin": "cousin",
    "nephew": "nephew",
    "niece": "niece",
    "boyfriend": "boyfriend",
    "girlfriend": "girlfriend",
    "friend": "friend|mate",
    "flatmate": "flatmate|roommate|housemate",
    "neighbour": "neighbour|neighbor",
    "colleague": "colleague|coworker|co-worker|workmate",
    "boss": "boss",
    "baby": "baby|newborn|infant",
    "child": "child|toddler|kid|little one",
    "boy": "boy|lad",
    "girl": "girl",
}
_OTHERS = {
    "father": "padre|papá|papa|père|Vater|Papa|Vati",
    "mother": "madre|mamá|mama|mère|maman|Mutter|Mama|Mutti",
    "grandfather": "abuelo|grand-père|papi|Opa|Großvater",
    "grandmother": "abuela|grand-mère|mamie|Oma|Großmutter",
    "son": "hijo|fils|Sohn",
    "daughter": "hija|fille|Tochter",
    "husband": "marido|esposo|mari|Mann|Ehemann",
    "wife": "mujer|esposa|femme|Frau|Ehefrau",
    "brother": "hermano|frère|Bruder",
    "sister": "hermana|sœur|soeur|Schwester",
    "uncle": "tío|oncle|Onkel",
    "aunt": "tía|tante|Tante",
    "friend": "amigo|amiga|ami|amie|copain|copine|Freund|Freundin",
    "neighbour": "vecino|vecina|voisin|voisine|Nachbar|Nachbarin",
    "colleague": "compañero|compañera|collègue|Kollege|Kollegin",
    "baby": "bebé|bebe|bébé|nourrisson|Baby|Säugling",
    "child": "niño|niña|enfant|Kind",
}
# What a stranger is called, without a possessive. Name → words after an article or a number.
STRANGERS = {
    "newborn": "newborn|neonate|recién nacid[oa]|nouveau-né|Neugeborene[sn]?",
    "baby": "baby|infant|bebé|bébé|nourrisson|Säugling|Baby",
    "toddler": "toddler",
    "boy": "boy|lad|niño|chico|garçon|Junge",
    "girl": "girl|lass|niña|chica|fillette|Mädchen",
    "child": "child|kid|enfant|Kind",
    "woman": "woman|lady|girl friend|mujer|señora|femme|dame|Frau",
    "man": "man|gentleman|gent|guy|bloke|fella|hombre|señor|homme|monsieur|Mann|Herr",
}
_MALE = (
    "father father-in-law brother-in-law son-in-law stepfather grandfather son grandson "
    "husband brother uncle nephew "
    "boyfriend boy man"
)
_FEMALE = (
    "mother mother-in-law sister-in-law daughter-in-law stepmother grandmother daughter "
    "granddaughter wife sister aunt niece "
    "girlfriend girl woman"
)
MALE, FEMALE = frozenset(_MALE.split()), frozenset(_FEMALE.split())
# Words of the other languages whose form tells the sex where the English name does not.
_FEMALE_WORDS = re.compile(r"(?i)amiga|amie|copine|freundin|vecina|voisine|nachbarin|"
                           r"compañera|kollegin|niña|nacida")  # fmt: skip
_MALE_WORDS = re.compile(r"(?i)amigo|copain|freund|vecino|voisin|nachbar|compañero|kollege|niño|"
                         r"nacido")  # fmt: skip


def sex_of(who: str) -> str:
    """female, male, or nothing where the name leaves it open."""
    return "male" if who in MALE else "female" if who in FEMALE else ""


def sex_of_word(word: str) -> str:
    """What the form of a word of another language tells."""
    if _FEMALE_WORDS.fullmatch(word):
        return "female"
    return "male" if _MALE_WORDS.fullmatch(word) else ""


def names_by_word(table: dict[str, str]) -> dict[str, str]:
    """Lower-case word → name, for tables of plain alternatives."""
    return {word.lower(): name for name, words in table.items() for word in words.split("|")}


ENGLISH = names_by_word(_ENGLISH)
OTHERS = names_by_word(_OTHERS)
ENGLISH_WORDS = "|".join(sorted(ENGLISH, key=len, reverse=True))
OTHER_WORDS = "|".join(sorted(OTHERS, key=len, reverse=True))
