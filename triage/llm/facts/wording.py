"""What callers say around the people they speak of: patterns for `people.py`."""

import re

from triage.llm.facts.relations import ENGLISH_WORDS, OTHER_WORDS, STRANGERS

FILLERS = r"(?:(?!and\b|or\b|said\b)[\w'’-]+,?\s+){0,3}?"
RELATION = re.compile(
    rf"\b(?P<possessive>my|our|his|her|their|ma)\s+{FILLERS}(?P<word>{ENGLISH_WORDS})(?![\w-])"
    r"|(?<!\w)(?P<bare>dad|mum|mom|mam|daddy|mummy|grandad|grandpa|grandma|granny|nan|nana|"
    r"grandmother|grandfather)(?!\w)"
    r"|(?:^|[.:!?] )(?:(?:hi|hello|help|please|it's|its)[ ,]+)*"
    r"(?P<first>(?:brother|sister|father|mother|son|daughter)(?:-in-| in )law|"
    r"son(?! (?:las|los|l[oa]|de|un|dos|tres|m[aá]s|como)\b)|"
    r"daughter|grandson|granddaughter|husband|wife|brother|sister|partner|mother|"
    r"father|neighbou?r|friend|flatmate|baby|newborn|auntie|aunt|uncle|nephew|niece|cousin|"
    r"girlfriend|boyfriend|colleague)(?![\w-])"
    r"|\b(?:a|the) (?P<next_door>neighbou?r)\b",
    re.IGNORECASE,
)
FOREIGN = re.compile(
    r"(?<!\w)(?:[Dd](?:er|ie) (?=Nachbar)|(?:mi|nuestr[oa]|mon|ma|notre|"
    r"meine?[mnr]?|unsere?[mnr]?|su|son|sa)\s+"
    rf"(?:[\wäöüéè-]+\s+)??)(?P<word>{OTHER_WORDS})(?!\w)",
    re.IGNORECASE,
)
STRANGER = re.compile(
    r"(?:(?:^|[.:!?] )|(?<!\w)(?:an?|the|this|one|un[ae]?|el|la|le|der|die|das|eine?[nrm]?|ein|"
    r"\d{1,3}[- ]?(?:yo|y/o|years?[- ]old|months?[- ]old|weeks?[- ]old|ans|años)?,?|old|young|"
    r"elderly|little)\s+(?:[\w'’-]+\s+){0,2}?)"
    rf"(?P<word>{'|'.join(STRANGERS.values())})(?![\w-])",
    re.IGNORECASE,
)
# After a relation: that person tells, helps or is elsewhere; what follows is not about them.
TELLS = re.compile(
    r"\s*,?\s*(?:who\s+)?(?:(?:has |had |just |also |only |always |now |keeps? |kept )*"
    r"(?:says?|said|tells?|told|thinks?|thought|reckons?|asked|asks|wants|wanted|noticed|found|"
    r"saw|called|rang|ringing|gave|made|brought|brings|carries|carried|drove|insists?|swears?|screamed|"
    r"started (?:cpr|pushing)|confirms?|reports?|worr(?:y|ies|ied)|gives?|bought|knows?)\b"
    r"|(?:'s|’s|\s+is|\s+was|\s+are)\s+(?:an? )?(?:\w+ly )?(?:with (?:me|him|her|us|them)|here\b|"
    r"away|at work|at home|out\b|outside|driving|doing|holding|giving|helping|worried|scared|"
    r"coming|on (?:his|her|the) way|home\b|nurse|doctor|paramedic|calling|trying|pressing|"
    r"pushing|at (?:school|a )|translating|asleep|going to|the one who|next door)"
    r"|\s+(?:died|passed away) (?:last|in|two|three|years|months|a|on|of|when)\b"
    r"|\s+and (?:i|me|myself)\b|['’]s been (?:good|great|helping|brilliant|kind)"
    r"|\s+(?:poked|hit|bit|kicked|scratched|punched|stabbed|elbowed|pushed|knocked) me\b"
    r"|\s+(?:thinks|isn't here|is not here|don't|doesn't know|can drive|could drive|will drive))",
    re.IGNORECASE,
)
# Before a relation: what they have, or what they did, is told.
BY = re.compile(
    r"\b(?:per|by|with|told|from|to|according to|tell|promised|asked|rang|phoned|"
    r"texted|and i'm|i am|i'm|this is|as|for|like|by the|both|without|"
    r"while|than|because|not|no|never|de|von|d['’])\s*$",
    re.IGNORECASE,
)
ABOUT = re.compile(r"\b(?:calling|ringing|phoning|ring|call|help|ambulance|here|worried|"
                    r"advice|appointment) (?:for|from|with)\s*$", re.IGNORECASE)  # fmt: skip
# An "I" that only leads up to the patient.
LEADS_UP = re.compile(
    r"(?i)\b(?:for|about|with|is|it's|its|to|found|see|at|that|think|but|because|and)\s*(?:\w+\s)?$"
)
BELONGING = re.compile(
    r"['’]s\s+(?:\w+\s+)?(?:for the|house|flat|home|place|car|garden|tablets|pills|pill|medication|"
    r"medicines?|meds|insulin|inhaler|dog|cat|phone|birthday|wedding|party|room|bed|friends?|"
    r"husband|wife|doctor|gp|machine|cuff|watch|bike|scooter|boyfriend|girlfriend|sleeping|"
    r"mum|mom|dad|mother|father|brother|sister|prescription|repeat|school|kitchen|funeral)\b",
    re.IGNORECASE,
)
# Before somebody without a relation: only who tells.
BY_STRANGER = re.compile(
    r"\b(?:per|by|told|from|according to|tell|asked|no|never|not|than|as)\s*$", re.IGNORECASE
)
ONE_OF_THEM = re.compile(
    r"(?i)(?<!neither )(?<!no )\bone (?:of (?:us|them) )?(?:has|can't|cannot|(?:is|was) (?!\d))"
)
JUST_BORN = re.compile(
    r"(?i)\b(?:(?:was |been )?just (?:been )?born|just delivered|minutes? old)\b"
)
I_AM = re.compile(
    r"(?<![\w'’])(?:i(?:'m|’m| am|'ve|’ve| have| had| feel| felt| can'?t| cannot| can hardly| was| "
    r"got| get| cut| fell| burnt?| broke| twisted| took| woke| think i'?m| need to push| did| hit|"
    r" keep| been| still| swallowed| stepped| slipped| ate| hurt| passed| tripped| ran out| want|"
    r" wanted| don'?t want| use| lost| take| takes| scratched|"
    r" just (?:took|fell|cut|had|came|need|want|woke)))"
    r"\b(?! (?:a carer|a teacher|a first aider|a lifeguard|"
    r"a social worker|a passer|a support|calling|ringing|phoning|a nurse|a doctor|a paramedic|"
    r"the|his|her|with|outside|here|"
    r"at|on scene|been told|told|to report|worried about|worried|scared|sorry|afraid|alone with|"
    r"not sure|sure|certain|honestly|no idea|a neighbou?r|a friend|found|a carer|standing|"
    r"just calling|in front|"
    r"going to|looking at|watching|seeing|pressing|holding|doing|trying|giving|called|got (?:a|my)"
    r" (?:\w+ )?(?:son|daughter|baby|mum|dad)|given|asking|honestly|say))",
    re.IGNORECASE,
)
MY_BODY = re.compile(
    r"^it['’]?s me\b|"
    r"\bmy (?:own )?(?:left |right |lower |upper |whole |both |little |big |old )*(?:chest|heart|"
    r"arms?|legs?|hands?|fingers?|thumb|wrist|elbow|shoulders?|knees?|ankles?|foot|feet|toes?|"
    r"head|neck|back|throat|tongue|lips?|mouth|tooth|teeth|jaw|face|eyes?|ears?|nose|stomach|"
    r"tummy|belly|side|skin|breath|blood|sugar|period|waters?|tablets|medication|prescription|"
    r"vision|hip|ribs?|calf|groin|bum|bladder|asthma|inhaler|contractions|palm|nail|scalp|"
    r"stitches|stoma|catheter|dose|pills?|migraine|hayfever|temperature|voice|pump|shin|heel)\b"
    r"|(?<!\w)(?:me duele|tengo|estoy|no puedo|j'ai|je (?:suis|ne|me|n'|crache|saigne|vomis)|"
    r"mes? (?:bras|poitrine|mollet|dos)|ich (?:habe|bin|kann|blute)|mir ist|mein (?:arm|bein|"
    r"kopf|bauch|herz)|meine (?:hand|brust|wade))(?!\w)",
    re.IGNORECASE,
)
CROWD = re.compile(
    r"\b(?:two|three|four|five|six|seven|eight|nine|ten|several|many|multiple|dozens?|all|both|"
    r"\d{1,2})\s+(?:(?:of (?:us|them|the \w+)|other|more|young|elderly|injured|small)\s*)*"
    r"(?:people|persons?|patients|casualties|hurt|injured|victims|passengers|kids|children|"
    r"workers|students|men|women|adults|occupants|members|walkers|trapped|have headaches)\b"
    r"|\b(?:all|both|two|three|four|five|six|several) of (?:us|them)\b"
    r"|\bone(?:['’]s| is| of them)\b.{0,120}\bthe other\b"
    r"|\bmultiple (?:casualties|victims|patients)\b"
    r"|\b(?:mass casualty|mci)\b",
    re.IGNORECASE,
)
TWO_TOGETHER = re.compile(r"\s+(?:and|&)\s+(?:my\s+|our\s+|his\s+|her\s+)?$", re.IGNORECASE)
EXPECTING = re.compile(r"(?i)\b(?:i['’]?m|i am|my waters?|my contractions|i pregnant|my due)\b")
UNBORN = re.compile(
    r"(?i)\bpregnan|\bweeks? (?:gone|along)|\b\d\d ?(?:weeks|/40)\b(?! old)|contraction|"
    r"\bin labou?r|\bwaters?\b|enceinte|embarazada|schwanger|\bSSW\b|breech|midwife|due date"
)
BORN = re.compile(r"(?i)\b(?:newborn|was born|just born|gave birth|delivered|is out|came out|"
                   r"nacido|né\b|geboren|old)")  # fmt: skip
HE = re.compile(
    r"(?i)\b(?:he|him|his|himself|hes|er (?:ist|hat|atmet|kann|liegt|war)|él|"
    r"il (?:est|ne|n'|s'|se|respire|transpire|dit|vient|a (?!y\b)(?:mal|du mal|\d+ ans)))(?!\w)"
)
SHE = re.compile(r"(?i)\b(?:she|her|hers|herself|shes|elle|ella)\b")
_BAD_AFTER = r"(?![\w°/'’-])"
MALE = re.compile(
    r"\b(?:[Bb]aby|[Ll]ittle) boy\b|\b(?:Mr|Herr|Monsieur|Señor)\b|"
    r"(?i:\bmale\b(?! (?:nurse|doctor|carer|caller|voice)))"
    rf"|(?<![\w/.])\d{{1,3}}\s?(?:yo|y/o|y|yrs?)?[\s/]?M{_BAD_AFTER}"
    r"|(?<![\w/])(?<!the )(?<!on )M[ ,]{0,2}~?\d{2}s?(?![\w/%.])"
)
FEMALE = re.compile(
    r"\b(?:[Bb]aby|[Ll]ittle) girl\b|\b(?:Mrs|Ms|Madame|Señora)\b|"
    r"(?i:\bfemale\b(?! (?:nurse|doctor|carer|caller|voice)))"
    rf"|(?<![\w/.])\d{{1,3}}\s?(?:yo|y/o|y|yrs?)?[\s/]?F{_BAD_AFTER}"
    r"|(?<![\w/])F[ ,]{0,2}~?\d{2}s?(?![\w/%.])"
)
