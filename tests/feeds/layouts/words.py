"""Invented companies and neutral prose in five languages; the same seed, the same words."""

import random
from dataclasses import dataclass, field

_SYLLABLES = {
    "latin": (
        ["Var", "Nel", "Tor", "Quim", "Bel", "Zan", "Dro", "Fep", "Gri", "Hul"],
        ["to", "la", "ri", "mu", "se"],
        ["vex", "dyn", "lux", "rak", "mond"],
    ),
    "cyrillic": (
        ["Вар", "Нел", "Тор", "Квим", "Бел", "Зан", "Дро", "Феп", "Гри", "Хул"],
        ["то", "ла", "ри", "му", "се"],
        ["векс", "дин", "люкс", "рак", "монд"],
    ),
    "arabic": (
        ["فار", "نيل", "تور", "كويم", "بيل", "زان", "درو"],
        ["تو", "لا", "ري", "مو"],
        ["فيكس", "دين", "لوكس", "راك", "موند"],
    ),
    "han": (list("霄翎琮翡璇琥珞"), list("骐骥骁翊珩璟"), ["科"]),
}
_SCRIPT = {"en": "latin", "de": "latin", "ru": "cyrillic", "ar": "arabic", "zh": "han"}

# subject, what it did, to what, and when; then what is said of a company; then headlines.
_PROSE: dict[str, tuple[list[str], list[str], list[str], list[str]]] = {
    "en": (
        ["The harbour board", "A committee of the council", "The chief auditor",
         "Nobody in the town hall",
         "The clerk", "One of the two deputies", "The parish office", "A group of residents",
         "The department for bridges", "The library"],
        ["reviewed", "had asked for", "put off", "counted once more", "discussed at length",
         "found nothing wrong with", "wanted to see", "could not find", "sent back", "read out"],
        ["the contract for the gates", "the minutes of the last meeting", "a list of all cranes",
         "the plan for the old mill", "the bill for the lamps", "the register of keys",
         "the drawings of the quay", "three of the seven offers", "the rules for the car park"],
        ["on Monday", "in the spring", "before the session was closed", "after a long discussion",
         "for the second time this year", "without giving a reason", "while it rained",
         "although the deadline had passed", "at the request of the mayor", "late in the evening"],
    ),
    "de": (
        ["Der Hafenausschuss", "Die Rechnungsprüferin", "Das Bauamt", "Der Stadtrat",
         "Die Schreibstube",
         "Eine Gruppe von Anwohnern", "Der Bürgermeister", "Das Archiv"],
        ["prüfte", "verlangte", "vertagte", "besprach ausführlich", "las", "suchte", "billigte",
         "zählte"],
        ["den Vertrag über die Tore", "die Niederschrift der letzten Sitzung",
         "die Liste der Kräne",
         "den Plan für die alte Mühle", "die Rechnung für die Lampen", "das Schlüsselverzeichnis"],
        ["am Montag", "im Frühjahr", "vor dem Ende der Sitzung", "nach langer Aussprache",
         "zum zweiten Mal in diesem Jahr", "ohne einen Grund zu nennen", "spät am Abend"],
    ),
    "ru": (
        ["Портовый совет", "Комиссия городского совета", "Главный аудитор", "Отдел мостов",
         "Секретарь",
         "Группа жителей", "Библиотека", "Один из депутатов"],
        ["рассмотрел", "запросил", "отложил", "обсудил", "прочитал вслух", "искал", "одобрил",
         "пересчитал"],
        ["договор о воротах", "протокол прошлого заседания", "список всех кранов",
         "план старой мельницы",
         "счёт за фонари", "журнал ключей", "чертежи причала"],
        ["в понедельник", "весной", "до конца заседания", "после долгого обсуждения",
         "второй раз за год", "без объяснения причин", "поздно вечером"],
    ),
    "ar": (
        ["مجلس الميناء", "لجنة المجلس البلدي", "كبير المدققين", "مكتب الجسور", "أمين السجل",
         "عدد من السكان", "أحد النواب"],
        ["راجع", "طلب", "أجل", "ناقش", "قرأ", "وافق على", "أعاد"],
        ["عقد البوابات", "محضر الجلسة الأخيرة", "قائمة الرافعات", "خطة الطاحونة القديمة",
         "فاتورة المصابيح", "سجل المفاتيح"],
        ["يوم الاثنين", "في الربيع", "قبل نهاية الجلسة", "بعد نقاش طويل", "للمرة الثانية هذا العام",
         "دون ذكر السبب", "في وقت متأخر من المساء"],
    ),
    "zh": (
        ["港务局", "市议会的一个委员会", "首席审计员", "桥梁处", "书记员", "几位居民", "图书馆"],
        ["审查了", "要求查看", "推迟了", "再次清点了", "详细讨论了", "没有找到", "退回了"],
        ["大门的合同", "上次会议的记录", "所有起重机的清单", "旧磨坊的计划", "路灯的账单",
         "钥匙登记簿"],
        ["，时间是星期一", "，会议到深夜才结束", "，这是今年第二次", "，没有说明理由",
         "，当时正在下雨",
         "，讨论持续了很久"],
    ),
}  # fmt: skip
_OF_FIRMS = {
    "en": ["The lamps on the quay were supplied by {}, according to the minutes.",
           "{} said that it would answer the letter of the council by Friday.",
           "A contract with {} was on the table once more, and it was left there.",
           "The offer of {} was one of seven, a spokesperson for the town said."],
    "de": ["Die Lampen am Kai lieferte {}, wie aus der Niederschrift hervorgeht.",
           "{} teilte mit, man werde den Brief des Rates bis Freitag beantworten.",
           "Das Angebot von {} war eines von sieben, sagte eine Sprecherin der Stadt."],
    "ru": ["Фонари на причале поставила компания {}, говорится в протоколе.",
           "Компания {} сообщила, что ответит на письмо совета до пятницы.",
           "Предложение компании {} было одним из семи, сказал представитель города."],
    "ar": ["وبحسب المحضر فإن شركة {} هي التي وردت مصابيح الرصيف.",
           "وقالت شركة {} إنها سترد على رسالة المجلس قبل يوم الجمعة.",
           "وكان عرض شركة {} واحدا من سبعة عروض بحسب متحدثة باسم البلدية."],
    "zh": ["会议记录显示，码头的路灯由{}提供。", "{}表示，将在星期五之前答复议会的来信。",
           "市政府发言人说，{}的报价是七份报价之一。"],
}  # fmt: skip
_HEADLINES = {
    "en": ["{} lamps counted again in the old harbour",
    "Council puts off talks with {} until spring",
           "What the new contract with {} says about gates", "Residents ask {} for a longer quay"],
    "de": ["{} stellt neue Lampen für die Brücke vor",
    "Rat vertagt Gespräch mit {} auf das Frühjahr",
           "Was im Vertrag mit {} über die Tore steht"],
    "ru": ["{} представила новые фонари для моста", "Совет отложил разговор с {} до весны",
           "Что говорится в договоре с {} о воротах"],
    "ar": ["شركة {} تعرض مصابيح جديدة للجسر", "المجلس يؤجل الحديث مع {} حتى الربيع",
           "ماذا يقول العقد مع {} عن البوابات"],
    "zh": ["{}展示新的桥梁路灯", "议会将与{}的会谈推迟到春天", "与{}的合同如何规定大门"],
}  # fmt: skip
_TITLES = {
    "en": ["Harbour board counts its cranes twice", "Two numbers for one bridge puzzle the town",
           "The mill will stand for another year, town says"],
    "de": ["Hafenausschuss zählt seine Kräne zweimal",
    "Zwei Zahlen für eine Brücke verwundern die Stadt"],
    "ru": ["Портовый совет дважды пересчитал краны", "Две цифры для одного моста удивили город"],
    "ar": ["مجلس الميناء يحصي رافعاته مرتين", "رقمان لجسر واحد يحيران المدينة"],
    "zh": ["港务局两次清点起重机数字不同", "一座桥的两个数字令全市困惑"],
}  # fmt: skip


@dataclass(slots=True)
class Writer:
    """Writes one page's words, and remembers which companies it named where."""

    seed: int
    lang: str = "en"
    inside: list[str] = field(default_factory=list)
    outside: dict[str, str] = field(default_factory=dict)
    dice: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self.dice = random.Random(f"{self.seed} {self.lang}")  # noqa: S311 - no secret

    def firm(self) -> str:
        """Give a company of the article; no page names the same company in two places."""
        name = self._name()
        self.inside.append(name)
        return name

    def other(self, place: str) -> str:
        """Give a company that is named outside the article, in this kind of place."""
        name = self._name()
        self.outside[name] = place
        return name

    def _name(self) -> str:
        parts = _SYLLABLES[_SCRIPT[self.lang]]
        while True:
            name = "".join(map(self.dice.choice, parts))
            if name not in self.inside and name not in self.outside:
                return name

    def title(self) -> str:
        """Give a headline that names nobody."""
        return self.dice.choice(_TITLES[self.lang])

    def headline(self, place: str) -> str:
        """Give the headline of something else, naming a company of that place."""
        return self.dice.choice(_HEADLINES[self.lang]).format(self.other(place))

    def sentence(self) -> str:
        """Give a sentence that names nobody."""
        chosen = map(self.dice.choice, _PROSE[self.lang])
        return "".join(chosen) + "。" if self.lang == "zh" else " ".join(chosen) + "."

    def about(self, firm: str) -> str:
        """Give a sentence that names a company."""
        return self.dice.choice(_OF_FIRMS[self.lang]).format(firm)

    def paragraph(self, firm: str = "", least: int = 2, most: int = 4) -> str:
        """Give some sentences; one of them names the company, if one is given."""
        said = [self.sentence() for _ in range(self.dice.randint(least, most))]
        if firm:
            said.insert(self.dice.randrange(len(said) + 1), self.about(firm))
        return ("" if self.lang == "zh" else " ").join(said)

    def story(self, least: int = 4, most: int = 9) -> list[str]:
        """Give an article's paragraphs; the first, one in the middle and the last name somebody."""
        count = self.dice.randint(least, most)
        named = {0, count // 2, count - 1}
        return [self.paragraph(self.firm() if n in named else "") for n in range(count)]
