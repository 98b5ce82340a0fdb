"""The words of which dates are made."""

from collections.abc import Mapping

from hawk_backend.pipeline.intent.calendar import MONTHS, WEEKDAYS
from hawk_backend.pipeline.intent.wordset import wordset


def _numbered(text: str, first: int = 0) -> dict[str, int]:
    return {word: number for number, word in enumerate(text.split(), first)}


MONTH: Mapping[str, int] = {
    **{name: number for number, name in enumerate(MONTHS, 1)},
    **{name[:3]: number for number, name in enumerate(MONTHS, 1)},
    "sept": 9,
    **_numbered("januar februar märz april mai juni juli august september oktober november", 1),
    "dezember": 12,
    "janvier": 1,
    **_numbered("juin juillet août septembre octobre novembre décembre", 6),
    **_numbered("enero febrero marzo abril mayo junio julio agosto septiembre octubre", 1),
    "noviembre": 11,
    "diciembre": 12,
}
WEEKDAY: Mapping[str, int] = {
    **{name: number for number, name in enumerate(WEEKDAYS)},
    **_numbered("mon tue wed thu fri"),
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
UNIT: Mapping[str, str] = {
    **{
        f"{name}{s}": name[0]
        for name in ("day", "week", "month", "quarter", "year")
        for s in ("", "s")
    },
    **dict.fromkeys(("wk", "wks"), "w"),
    **dict.fromkeys(("mth", "mths"), "m"),
    **dict.fromkeys(("yr", "yrs"), "y"),
    "qtr": "q",
    **dict.fromkeys(("woche", "wochen", "semaine", "semaines", "semana", "semanas"), "w"),
    **dict.fromkeys(("monat", "monate", "monaten", "mois", "meses"), "m"),
    **dict.fromkeys(("quartal", "quartale", "trimestre"), "q"),
    **dict.fromkeys(("jahr", "jahre", "jahren"), "y"),
    "half": "h",
    **dict.fromkeys(("fortnight", "fortnights"), "f"),
}
"""A unit of time as a word → its letter."""
LETTER: Mapping[str, str] = {
    **{
        word: word[0]
        for word in ("d", "w", "wk", "wks", "m", "mo", "mos", "mth", "mths", "y", "yr", "yrs")
    },
}
"""A unit of time as written right behind a number → its letter."""
COUNT: Mapping[str, int] = {
    **_numbered("zero one two three four five six seven eight nine ten eleven twelve"),
    "a": 1,
    "an": 1,
    "another": 1,
    "couple": 2,
    **dict.fromkeys(("zwei", "deux"), 2),
    **dict.fromkeys(("drei", "trois", "tres"), 3),
    **dict.fromkeys(("sechs", "seis"), 6),
    "fifteen": 15,
    "eighteen": 18,
    "twenty": 20,
    "thirty": 30,
    "sixty": 60,
    "ninety": 90,
}
COUNT_WORDS = tuple(word for word in COUNT if word not in {"zero", "couple"})
ORDINAL: Mapping[str, int] = {**_numbered("first second third fourth", 1), "1st": 1}
SHIFT: Mapping[str, int] = {
    **dict.fromkeys(("this", "current"), 0),
    **dict.fromkeys(("last", "lst", "previous", "prior", "prev"), -1),
    **dict.fromkeys(("next", "nxt", "coming", "following", "upcoming"), 1),
}
TO_DATE: Mapping[str, str] = {"mtd": "m", "qtd": "q", "ytd": "y", "wtd": "w"}
END_OF: Mapping[str, str] = {"eod": "d", "eow": "w", "eom": "m", "eoq": "q", "eoy": "y"}

BACK = wordset("last lst past previous trailing preceding prior recent")
AHEAD = wordset("next nxt coming following upcoming")
PAST = wordset(
    "did was were happened had since happen traded went made put came got sent bought sold gave "
    "took told said wrote ran saw left lost paid"
)
NO_PAST = wordset("need speed indeed")
DOUBTFUL = wordset("may march sun sat mar dec mon wed")
"""Names of months and days that are also other words."""
BEFORE_DATE = wordset(
    "in since for of last next by until till during from to before after on through this and "
    "into vs versus against than end mid early late over"
)
SUBJECTS = wordset("i we you they it he she the our my this")
BEFORE_MAY = wordset("in of since until during last next")
ENDINGS = wordset("st nd rd th")
TENOR_BESIDE = wordset(
    "forward forwards fwd ndf ndfs tenor tenors roll rolls rolling rollover rolled extend "
    "extending extension points point pts swap swaps outright implied vol vols another further "
    "push prolong renew curve rate rates atm"
)
TENOR_LINK = wordset(
    "for by another a it out fwd forward over further the this that additional into to um de"
)
AGAIN = wordset("another further")
QUOTED = wordset(
    "vol vols volatility volatilities points pts implied outright outrights skew smile straddle "
    "reversal reversals butterfly curve"
)
"""Words of a market whose quotes are told by tenor."""
DEALING = wordset("buy sell hedge cover put place open take do book new enter short long")
HELD = wordset("hedge position of exposure notional cover worth")
TENOR_SIZES = frozenset({1, 2, 3, 4, 6, 9, 12, 18, 24})
HORIZON = wordset("var loss horizon es expected holding cvar value")
DAYS_AFTER = wordset("in for by another extra roll extend to")
ROLLING = wordset(
    "roll rolled rolling rollover extend extending extended extension push pushed prolong "
    "prolonged renew renewed renewal carry carried postpone postponed keep kept defer deferred"
)
PUT_OFF = ROLLING | wordset("maturity tenor expiry")
FURTHER = wordset("by for another out on")
MORE = wordset("more additional extra further")
MONEY_UNITS = wordset(
    "k thousand thousands grand tausend m mm mn mio mil mln mill mils million millions millionen "
    "millones milliones b bn bln bil billion billions mrd milliarde milliarden yard yards yd yds "
    "tn trn trillion trillions cr crore crores lac lacs lakh lakhs %"
)
TIME = wordset(
    "am pm min mins minute minutes hour hours hr hrs sec secs seconds second ms oclock sgt utc "
    "gmt hkt"
)
KINDS_OF_DAY = wordset("calendar trading business working full consecutive")
BY = wordset("by before until till next to")
YEAR_BEFORE = wordset("in for during since year the")
NO_YEAR_BEFORE = wordset("to hedge usd eur notional amount")
RUNNING_BEFORE = wordset("was did over for of were during in is")
RUNNING = wordset("week month quarter year")
NO_CODE = wordset(
    "coi coh mtm var pnl and for the all our are was did kpi ndf car sfx nav how who why has "
    "had per via"
)
"""Words of three letters that are no currencies."""
