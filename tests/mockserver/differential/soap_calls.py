"""Hypothesis strategies for the element that names the operation, and its arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

from tests.mockserver.differential.oddities import one_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hypothesis.strategies import DrawFn

NAMESPACE = "urn:webservice"
ENCODING = "http://schemas.xmlsoap.org/soap/encoding/"
ARGUMENTS = {
    "enviar_mensaje": ("username", "password", "number", "message", "extra"),
    "estatus_mensaje": ("username", "password", "messageid"),
}
VALUES = {
    "username": ("demo",),
    "password": ("demo",),
    "number": (
        *("525512345678",) * 5,
        *("520000000254", "520000000306", "520000000100", "520000001002"),
    ),
    "message": ("Hola", "Hola ñandú", "€ 100 ✓", "😀", "x" * 160, "x" * 161, "ñ" * 161, "0", " "),
    "extra": ("ref-1", "", "€"),
    "messageid": ("{ID}",) * 4 + ("6",),
}
ODD_VALUES = {
    "username": ("otro", "", "DEMO", " demo"),
    "password": ("bad", "", "demo "),
    "number": (
        "5512345678",
        "+525512345678",
        " 525512345678",
        "525512345678\n",
        "",
        "520000000999",
    ),
    "messageid": ("6", "", " {ID}", "{ID}.0"),
}
TYPES = (
    *("xsd:int", "xsd:integer", "xsd:long", "xsd:double", "xsd:boolean", "xsd:base64Binary"),
    *("SOAP-ENC:Array", "SOAP-ENC:string", "string", "nowhere:int", "x:Map", "x:Vector", "array"),
)
CALL_ATTRIBUTES = (
    *(' a="b"', ' id="call"', ' SOAP-ENC:root="1"', ' root="1.0"', ' xsi:type="x:Map"'),
    *(' xsi:type="SOAP-ENC:Array"', ' SOAP-ENC:arrayType="xsd:string[5]"', ' href="#ref"'),
    *(' SOAP-ENC:arrayType="xsd:string[2,2]"', ' é="ñ"', ' xsi:nil="true"'),
)
ARGUMENT_ATTRIBUTES = (
    *(' a="1"', ' id="ref"', ' id="other"', f' s:encodingStyle="{ENCODING}"', ' root="1"'),
    *(' root="0"', ' SOAP-ENC:arrayType="xsd:string[1]"', ' xmlns:z="urn:z"', " nil='1'"),
    *(f' xmlns="{NAMESPACE}"', ' xml:lang="es"', ' type="int"'),
)
OPERATIONS = ("no_existe", "Enviar_mensaje", "enviar_mensajeResponse", "Body", "Envelope", "ñ")
ODD_NAMESPACES = ("urn:other", "urn:a&amp;b", "", "urn:ñ", "urn:€", "a&lt;b", "0", "a&quot;b")
NESTED = (
    *("<item>demo</item>", "<a><b>c</b></a>", "<x/>", '<i xsi:type="xsd:int">1</i>', "demo"),
    *("<item><key>0</key><value>demo</value></item>", '<n xsi:nil="true"/>'),
    '<item href="#ref"/>',
)

blanks = st.sampled_from(("", "", "", "", "\n  ", " ", "\t", "\r\n"))
texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"), max_size=8
)


@st.composite
def calls(draw: DrawFn, odd: frozenset[str]) -> str:
    """The element that names the operation."""
    operation = draw(st.sampled_from(("enviar_mensaje",) * 3 + ("estatus_mensaje",) * 2))
    if "operation" in odd:
        operation = draw(st.sampled_from(OPERATIONS))
    names = draw(argument_names(operation, odd))
    values = "".join(draw(blanks) + draw(arguments(name, odd)) for name in names)
    text = draw(st.sampled_from(("",) * 15 + ("stray", "<!-- comment -->", "<![CDATA[x]]>", " ")))
    attributes = ""
    if "attribute" in odd and draw(one_in(2)):
        attributes = draw(st.sampled_from(CALL_ATTRIBUTES))
    return draw(qualified(operation, attributes, text + values, odd))


@st.composite
def qualified(draw: DrawFn, name: str, attributes: str, inside: str, odd: frozenset[str]) -> str:
    """An element in the service's namespace, in another, in none; by prefix or by default."""
    uri, forms = NAMESPACE, ("ns1", "tns", "default", "none")
    if "namespace" in odd:
        uri = draw(st.sampled_from((NAMESPACE, *ODD_NAMESPACES)))
        forms = ("ns1", "default", "undeclared", "two")
    form = draw(st.sampled_from(forms))
    match form:
        case "default":
            start, end = f'{name} xmlns="{uri}"', name
        case "none":
            start, end = name, name
        case "undeclared":
            start, end = f"nope:{name}", f"nope:{name}"
        case "two":
            start, end = f'a:b:{name} xmlns:a="{uri}"', f"a:b:{name}"
        case prefix:
            start, end = f'{prefix}:{name} xmlns:{prefix}="{uri}"', f"{prefix}:{name}"
    return f"<{start}{attributes}>{inside}</{end}>" if inside else f"<{start}{attributes}/>"


@st.composite
def argument_names(draw: DrawFn, operation: str, odd: frozenset[str]) -> Sequence[str]:
    """The arguments in order; or in another, some missing, one too many, one repeated."""
    names = list(ARGUMENTS.get(operation, ARGUMENTS["enviar_mensaje"]))
    if "arguments" not in odd:
        return names
    at = draw(st.integers(0, len(names) - 1))
    match draw(st.sampled_from(("order", "missing", "extra", "repeated", "renamed", "none"))):
        case "order":
            return draw(st.permutations(names))
        case "missing":
            return [*names[:at], *names[at + 1 :]]
        case "extra":
            return [*names, draw(st.sampled_from(("otro", "username", "x:y", "ñ")))]
        case "repeated":
            return [*names[:at], names[at], *names[at:]]
        case "renamed":
            return [*names[:at], "otro", *names[at + 1 :]]
        case _:
            return names[:at]


@st.composite
def arguments(draw: DrawFn, name: str, odd: frozenset[str]) -> str:
    """Generate an argument: mostly a text, and another form of SOAP where the plan is odd."""
    shown = name
    if "namespace" in odd and draw(one_in(4)):
        shown = draw(st.sampled_from((f"ns1:{name}", f"q:{name}")))
    if "reference" in odd and draw(one_in(3)):
        return f'<{shown} href="#ref"/>'
    if "nil" in odd and draw(one_in(3)):
        nil = draw(st.sampled_from(("true", "1", "false", "0", "TRUE", "1.0")))
        return f'<{shown} xsi:nil="{nil}"/>'
    attributes = draw(st.sampled_from(("", ' xsi:type="xsd:string"')))
    if "type" in odd and draw(one_in(3)):
        attributes = f" xsi:type={quoteattr(draw(st.sampled_from(TYPES)))}"
    if "attribute" in odd and draw(one_in(4)):
        attributes += draw(st.sampled_from(ARGUMENT_ATTRIBUTES))
    if "nesting" in odd and draw(one_in(3)):
        inside = "".join(draw(st.lists(st.sampled_from(NESTED), min_size=1, max_size=3)))
    else:
        inside = draw(contents(draw(values(name, odd))))
    return f"<{shown}{attributes}>{inside}</{shown}>"


def values(name: str, odd: frozenset[str]) -> st.SearchStrategy[str]:
    """Generate an argument's value: one that the gateway accepts, or any other."""
    usual = st.sampled_from(VALUES.get(name, ("x",)))
    if "value" in odd:
        return st.one_of(usual, st.sampled_from(ODD_VALUES.get(name, ("",))), texts)
    return st.one_of(usual, texts) if name in {"message", "extra"} else usual


@st.composite
def contents(draw: DrawFn, value: str) -> str:
    """A value as text, in one of the ways that XML has to write it."""
    match draw(st.integers(0, 13)):
        case 0:
            return f"<![CDATA[{value.replace(']]>', '')}]]>"
        case 1:
            return "".join(f"&#{ord(letter)};" for letter in value)
        case 2:
            return f"{escape(value)}<!-- comment -->"
        case 3:
            return f"<?pi x?>{escape(value)}"
        case 4:
            half = len(value) // 2
            return f"{escape(value[:half])}<!-- - -->{escape(value[half:])}"
        case 5:
            return f"&#x{ord(value[0]):X};{escape(value[1:])}" if value else ""
        case 6 if draw(one_in(4)):
            return draw(blanks) + escape(value) + draw(blanks)
        case _:
            return escape(value)


@st.composite
def multirefs(draw: DrawFn) -> str:
    """Generate the elements beside the call to which `href` may point."""
    value = draw(st.sampled_from(("demo", "525512345678", "<a>b</a>", "", "5")))
    kind = draw(st.sampled_from(("", ' xsi:type="xsd:string"', ' xsi:type="xsd:int"')))
    name = draw(st.sampled_from(("multiRef", "multiRef", "username", "enviar_mensaje")))
    return f'<{name} id="{draw(st.sampled_from(("ref", "other")))}"{kind}>{value}</{name}>'
