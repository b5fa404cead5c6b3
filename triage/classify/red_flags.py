"""Red flags: a second voice that needs no model. It can only raise the level.

Each flag is a finding that by itself puts a person at level 0, 1 or 2 whatever else is said:
the discriminators that published triage scales share (Manchester Triage System, ESI Handbook
v5, WHO basic emergency care). Our own wording, in four languages for the commonest.
"""

import re
from dataclasses import dataclass

from triage.classify.negation import is_negated, is_past
from triage.classify.types import Evidence, Voice


@dataclass(frozen=True, slots=True)
class Flag:
    """A finding, the level it means, and whether its own words contain a negation."""

    level: int
    reason: str
    pattern: re.Pattern[str]
    negative: bool = False  # "not breathing": the negation is the finding


def _flag(level: int, reason: str, pattern: str, *, negative: bool = False) -> Flag:
    return Flag(level, reason, re.compile(pattern, re.IGNORECASE), negative)


_NOT = r"(?:not|isn'?t|is not|no longer|stopped|has stopped|can'?t|cannot|won'?t|doesn'?t|does not)"
FLAGS: tuple[Flag, ...] = (
    _flag(0, "not breathing", rf"\b{_NOT} (?:really |even )?breath\w*|\bno breath(?:s|ing)?\b(?! problem| difficult| trouble)"
          r"|\bapnoe\w*|\bapne(?:a|ic)\b|\bnot breething\b|\bno respira\b|\bne respire (?:plus|pas)\b"
          r"|\batmet (?:gar )?nicht\b|\bstopped breathing\b", negative=True),
    _flag(0, "no pulse", r"\bno pulse\b|\bpulseless\b|\b(?:can'?t|cannot) (?:find|feel) (?:a |any |his |her |the )?pulse\b"
          r"|\basystole\b|\bPEA\b|\bcardiac arrest\b|\bsin pulso\b|\bpas de pouls\b|\bkein(?:en)? puls\b"
          r"|\bno signs of life\b|\bheart (?:has )?stopped\b", negative=True),
    _flag(0, "resuscitation under way", r"\bCPR\b|\bchest compressions?\b|\bpushing on (?:his|her|their|the) chest\b"
          r"|\bdoing compressions\b|\bROSC\b|\bshocks? given\b"),
    _flag(0, "agonal breathing", r"\bagonal\b|\bgasping\b|\bfish gasps?\b|\bonly gasps?\b|\bschnappatmung\b"),
    _flag(0, "unresponsive", r"\bunresponsive\b|\bunconscious\b|\bbewusstlos\w*|\binconscient\w*|\binconsciente\b"
          r"|\bdoesn'?t (?:react|respond)\b|\bnot respond(?:ing)?\b|\b(?:won'?t|can'?t|doesn'?t|not|cannot) (?:wake|waking|be woken|be roused)\b(?: up)?"
          r"|\bcan'?t (?:wake|rouse)\b|\breagiert nicht\b|\bne se r[ée]veille pas\b|\bno (?:responde|despierta)\b|\bno reaction\b", negative=True),
    _flag(0, "blue lips or skin", r"\b(?:blue|purple|grey|gray) lips\b|\blips? (?:are |is |turning |going |went |has turned )?(?:blue|blu|purple|dusky|grey)\b"
          r"|\b(?:gone|going|turning|turned|went) (?:all )?(?:blue|purple)\b|\bcyanos\w+|\bcyanotic\b|\bl[èe]vres bleues\b|\blabios azules\b|\bblaue lippen\b|\bmorado\b(?! spots)"),
    _flag(0, "choking without air", r"\bchok\w+\b.{0,60}\b(?:can'?t|cannot|not|no) (?:breathe?|breath|talk|speak|cough|air|sound)\b|\bs'[ée]touffe\b|\bse (?:est[áa] )?ahoga\w*\b|\bcan'?t (?:speak|talk) or (?:cough|breathe)\b"),
    _flag(0, "cannot get air", r"\bcan'?t (?:breathe|breath|get (?:any )?air)\b(?! through my nose)|\bcannot breathe\b|\bno puede respirar\b|\bstruggling to breathe\b|\bsilent chest\b"),
    _flag(0, "throat closing", r"\bthroat (?:is )?(?:closing|swelling shut|closed)\b|\banaphyla\w+"),
    _flag(0, "bleeding that cannot be held", r"\bblood (?:is )?(?:pumping|spurting|sprayin\w*|squirting)\b|\bspurting\b|\b(?:can'?t|cannot) stop (?:the )?bleed\w*|\bbleeding (?:out|buckets)\b|\bblood everywhere\b"),
    _flag(0, "gunshot or stab to the trunk, neck or head", r"\b(?:gunshot|GSW|shot|stab\w*|knife)\b.{0,25}\b(?:chest|neck|head|back|belly|abdomen|stomach)\b"),
    _flag(0, "hanging", r"\bhang(?:ed|ing) (?:him|her|them)?self\b|\bstrangulation\b"),
    _flag(0, "seizure that goes on", r"\b(?:fit\w*|seiz\w*|convuls\w*|shaking)\b.{0,40}\b(?:[5-9]|[1-9]\d|ten|twelve|fifteen|twenty) ?min\w*|\bstatus epilepticus\b|\bone (?:fit|seizure) after (?:the other|another)\b|\bfitting now\b"),
    _flag(0, "pregnant with a seizure", r"\bpregnan\w+\b.{0,40}\b(?:fit|fitting|seizure|convuls\w*)\b|\beclampsia\b(?<!pre)"),
    _flag(0, "birth in danger", r"\bcord (?:is )?(?:hanging|out|first|prolaps\w*)\b|\b(?:feet|foot|bottom|hand) (?:came |comes |is )?(?:first|out)\b.{0,30}\b(?:stuck|head)\b|\bhead is out\b.{0,60}\b(?:stuck|isn'?t|not)\b"),
    _flag(0, "limp or grey baby", r"\b(?:baby|infant|newborn|toddler|week old|month old)\b.{0,50}\b(?:floppy|limp|grey|gray|blue|lifeless)\b"),
    _flag(0, "drowned or submerged", r"\b(?:under ?water|submerged|pulled (?:out )?(?:of|from) (?:the )?(?:\w+ )?(?:pool|pond|sea|water|river|lake))\b"),
    _flag(0, "many people down", r"\b(?:several|many|multiple) (?:people |persons )?(?:unconscious|not moving|down)\b|\bmass casualty\b"),
    _flag(1, "chest pain or pressure", r"\bchest (?:pain|pressure|tightness)\b|\bcrushing\b.{0,15}\bchest\b|\b(?:tight\w*|pressure|pain|elephant)\b.{0,25}\bchest\b|\bCP\b|\bdolor\w* (?:en el |de )?pecho\b|\bduele (?:mucho )?el pecho\b|\bdouleur\w*\b.{0,20}\bpoitrine\b|\bdruck auf der brust\b|\bbrustschmerz\w*|\bche?st p(?:ai)?n\b"),
    _flag(1, "stroke sign", r"\bface (?:has |is )?(?:droop\w*|dropp\w*|numb)\b|\bfacial droop\b|\bmouth (?:hangs?|droops?|is hanging)\b|\bslur\w+\b|\b(?:arm|leg|side)\b.{0,20}\b(?:weak|numb|paraly\w*|limp|drift)\b.{0,15}\b(?:sudden\w*|since|onset)?|\bcan'?t (?:lift|move) (?:his|her|my|the|one) (?:\w+ )?(?:arm|leg|side)\b|\bstroke\b|\bspeech\b.{0,15}\b(?:gone|slurred|strange|odd|unclear)\b|\bcara torcida\b|\bgel[äa]hmt\b|\blallt\b"),
    _flag(1, "rash that does not fade", r"\b(?:rash|spots|purple)\b.{0,50}\b(?:doesn'?t|don'?t|does not|not) (?:fade|go away|blanch)\b|\bnon-?blanching\b|\bpurple spots\b|\bmanchas moradas\b", negative=True),
    _flag(1, "thunderclap headache", r"\bworst headache\b|\bthunderclap\b|\b(?:sudden|hit)\b.{0,30}\bheadache\b|\bheadache\b.{0,40}\b(?:sudden\w*|stiff neck)\b|\bel peor de mi vida\b"),
    _flag(1, "wants to die or has taken an overdose", r"\bkill (?:my|him|her|them)self\b|\bsuicid\w+|\bwant(?:s)? to die\b|\bdon'?t want to (?:live|be here)\b|\boverdos\w+|\btook (?:all|thirty|twenty|the whole|a whole)\b|\bquiero (?:morir|matar)\w*|\bme quiero matar\b|\bsuicider\b|\bgoing to jump\b|\bwill jump\b", negative=True),
    _flag(1, "vomiting blood or black stool", r"\bvomit\w*\b.{0,15}\bblood\b|\bcough\w*\b.{0,10}\bblood\b|\bblack (?:tarry )?(?:stools?|poo)\b|\bmelaena\b|\bh(?:a)?emat?emesis\b"),
    _flag(1, "confused or hard to wake", r"\bconfus\w+|\bnot himself\b|\bnot herself\b|\bdisorient\w+|\bvery (?:drowsy|sleepy)\b|\bhard to wake\b|\bletharg\w+|\baltered mental status\b|\bAMS\b|\bverwirrt\b|\btalking (?:nonsense|rubbish|gibberish)\b|\bpostictal\b"),
    _flag(1, "cannot speak in sentences", r"\b(?:single|two|few) words?\b|\bcan only say\b|\bhardly breathe\b|\bsevere resp\w* distress\b|\bvery (?:short of breath|breathless)\b|\batemnot\b|\bmal [àa] respirer\b"),
    _flag(1, "knocked out", r"\bknocked out\b|\bbrief LOC\b|\bblack(?:ed)? out\b|\bpassed out\b|\bLOC\b|\blost consciousness\b"),
    _flag(1, "seizure", r"\bseizure\b|\bconvuls\w+|\bfitting\b|\bkrampfanfall\b|\bfirst (?:ever )?fit\b|\bshaking all over\b"),
    _flag(1, "swelling of face or tongue", r"\b(?:tongue|toung|lips?|face|throat)\b.{0,12}\b(?:swell\w*|swollen|puff\w*)\b|\bhincha la lengua\b|\bgorge gonfle\b"),
    _flag(1, "numb or powerless legs", r"\bcan'?t feel (?:his|her|my|the|their) legs?\b|\blegs? (?:are )?(?:weak|numb|paraly\w*)\b"),
    _flag(1, "serious bleeding", r"\bsoak\w*(?: through)?\b|\bbleeding (?:heavily|a lot|badly)\b|\blots of blood\b|\bsangra mucho\b|\bperd beaucoup de sang\b|\bdeep wounds?\b"),
    _flag(1, "birth now", r"\b(?:need|want)s? to push\b|\bbaby is coming\b|\bsee the head\b|\bevery (?:two|2|three|3) min\w*\b|\bwaters broke at (?:2\d|3[0-5]) weeks\b"),
    _flag(1, "high fall or high-speed crash", r"\bfell? (?:from|off) (?:the |a )?(?:roof|scaffold\w*|third floor|second floor|balcony|ladder)\b|\b(?:[3-9]|\d\d) ?(?:m|metres?|meters?)\b(?= from| onto| fall)|\brolled over\b|\btrapped\b|\bejected\b|\bhigh speed\b"),
    _flag(1, "chemical in the eye", r"\b(?:acid|bleach|lime|kalk|cleaner|chemical|alkali|caustic)\b.{0,30}\beyes?\b|\bauge\b.{0,20}\bkalk\b|\bsudden\w* (?:blind|loss of (?:sight|vision))"),
    _flag(1, "carbon monoxide or smoke", r"\bcarbon monoxide\b|\bCO (?:alarm|poisoning)\b|\bsmoke inhalation\b|\bsoot\b|\bhouse (?:is )?on fire\b"),
    _flag(1, "sudden testicular pain", r"\btestic\w+\b"),
    _flag(1, "snake bite", r"\bsnake\b|\badder\b|\bserpiente\b"),
    _flag(1, "tearing pain to the back", r"\b(?:tearing|ripping)\b.{0,40}\b(?:back|chest|belly|pain|shoulder)\b"),
    _flag(1, "head injury on blood thinners", r"\b(?:warfarin|apixaban|blood thinners?|rivaroxaban|anticoag\w*)\b.{0,60}\bhead\b|\bhead\b.{0,60}\b(?:warfarin|apixaban|blood thinners?|rivaroxaban|anticoag\w*)\b"),
    _flag(1, "weapon", r"\b(?:with|has|holding|got) (?:a |an )?(?:\w+ )?(?:knife|gun|hammer|axe)\b"),
    _flag(1, "danger in pregnancy", r"\bpregnan\w+\b.{0,80}\b(?:bleed\w*|flash\w*|not moving|severe pain|fell|headache)\b|\b\d+ weeks\b.{0,60}\b(?:bleeding like|flashes|no baby movements)\b|\bembarazada\b.{0,40}\bsangra\b"),
)  # fmt: skip


def red_flags(text: str) -> Voice:
    """What the flags say of a message: the most urgent one found, with every finding."""
    evidence: list[Evidence] = []
    level: int | None = None
    for flag in FLAGS:
        for match in flag.pattern.finditer(text):
            start, end = match.span()
            if start == end or (not flag.negative and is_negated(text, start)):
                continue
            if is_past(text, start, end):
                continue
            evidence.append(Evidence(start, end, text[start:end], flag.reason, "red_flags"))
            level = flag.level if level is None else min(level, flag.level)
            break
    reason = "; ".join(dict.fromkeys(item.reason for item in evidence)) or "no red flag found"
    return Voice("red_flags", level, reason, tuple(evidence))
