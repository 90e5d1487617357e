"""Writing an answer as the result of an operation, by the WSDL and the dialect."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from convergia_wsdl import ContractError

from convergia_mockserver.faces.dialects import Fields, pairs, spell

from .binding import plain
from .envelopes import expand_entities
from .schema_types import XSD, QName, Shape
from .value_writer import ResponseFrame, ValueWriter

if TYPE_CHECKING:
    from convergia_wsdl import Dialect, Profile

    from convergia_mockserver.gateway.calls import Value

    from .binding import BoundOperation
    from .envelopes import Envelopes

_STRING = QName(XSD, "string")


class ResultWriter:
    """A writer of the results of send or status.

    If the WSDL declares the result as a string, it is written in the dialect. If it declares a
    struct or an array, the result is one in any dialect, with the fields found by their names.

    Raises:
        ContractError: if no field of the declared struct is known to be the code.
    """

    def __init__(
        self,
        bound: BoundOperation,
        dialect: Dialect,
        profile: Profile,
        tns: str,
        envelopes: Envelopes,
    ) -> None:
        self._operation = bound.operation
        self._dialect = dialect
        self._roles = _roles(dialect, profile)
        self._check(profile)
        self._frame = ResponseFrame(bound.operation, tns, envelopes)
        self._values = ValueWriter(bound.operation, tns, envelopes)

    def write(self, result: object, namespace: str | None, *, soap12: bool) -> bytes:
        """Return the envelope around `Fields`, or around a value that replaces them.

        See `ResponseFrame.wrap` for the other arguments.
        """
        if not isinstance(result, Fields):
            return self._values.write(result, namespace, soap12=soap12)
        fields, operation = result, self._operation
        results = operation.results
        if len(results) == 1 and results[0].kind == "scalar":
            contents = self._scalar(results[0], fields)
        else:
            contents = "".join(self._filled(shape, fields) for shape in results)
        if operation.style == "document":
            contents = self._document(contents)
        return self._frame.wrap(contents, namespace, soap12=soap12)

    def check(self, value: Value) -> None:
        """Check that the operation can return a value instead of a code.

        Raises:
            ValueTypeError: if the value does not fit the WSDL's type.
        """
        self._values.check(value)

    def _document(self, contents: str) -> str:
        parts = self._operation.output.parts
        if len(parts) == 1 and parts[0].shape.kind == "struct":
            wrapper = parts[0].shape
            return f'<{wrapper.name} xmlns="{wrapper.namespace}">{contents}</{wrapper.name}>'
        return contents

    def _scalar(self, shape: Shape, fields: Fields) -> str:
        dialect = self._dialect
        if dialect.form == "struct":
            inner = "".join(
                self._element(Shape(key, shape.namespace, _STRING), expand_entities(str(value)))
                for key, value in pairs(dialect, fields)
            )
            return self._element(Shape(shape.name, shape.namespace, None), inner)
        if dialect.form == "array":
            items = Shape(shape.name, shape.namespace, None, "array", (Shape("item", "", _STRING),))
            return self._filled(items, fields)
        return self._element(shape, expand_entities(spell(dialect, fields)))

    def _filled(self, shape: Shape, fields: Fields) -> str:
        match shape.kind:
            case "scalar":
                value = self._value(shape, fields)
                return "" if value is None else self._element(shape, expand_entities(value))
            case "struct":
                inner = "".join(self._filled(field, fields) for field in shape.fields)
                return self._element(shape, inner)
            case "array":
                return self._array(shape, fields)

    def _array(self, shape: Shape, fields: Fields) -> str:
        item = shape.fields[0]
        if item.kind == "scalar":
            values = [str(value) for _, value in pairs(self._dialect, fields)]
            items = [self._element(item, expand_entities(value)) for value in values]
        else:
            items = [self._filled(item, fields)]
        if not self._frame.encoded:
            return self._element(shape, "".join(items))
        declared = self._frame.prefixed(item.type or QName(XSD, "anyType"))
        attributes = f' xsi:type="SOAP-ENC:Array" SOAP-ENC:arrayType="{declared}[{len(items)}]"'
        return f"<{shape.name}{attributes}>{''.join(items)}</{shape.name}>"

    def _value(self, shape: Shape, fields: Fields) -> str | None:
        """Return the value of a field, or None to leave the field out.

        A rejection has an empty id, like that of a script that always fills the same fields. A
        number cannot be empty, so it is left out.
        """
        values = {"code": str(fields.code), "id": fields.message_id or "", "text": fields.text}
        role = self._roles.get(plain(shape.name))
        value = values[role] if role else None if shape.optional else ""
        return value if value or shape.type in (None, _STRING) else None

    def _element(self, shape: Shape, inner: str) -> str:
        attributes = ""
        if self._operation.style == "document":
            attributes = (
                ""
                if shape.namespace == self._default_namespace()
                else (f' xmlns="{shape.namespace}"')
            )
        elif self._frame.encoded and shape.type is not None:
            attributes = f' xsi:type="{self._frame.prefixed(shape.type)}"'
        return f"<{shape.name}{attributes}>{inner}</{shape.name}>"

    def _default_namespace(self) -> str | None:
        parts = self._operation.output.parts
        wrapped = len(parts) == 1 and parts[0].shape.kind == "struct"
        return parts[0].shape.namespace if wrapped else None

    def _check(self, profile: Profile) -> None:
        results = self._operation.results
        if len(results) == 1 and results[0].kind != "struct":
            return
        names = [leaf.name for shape in results for _, leaf in shape.leaves()]
        if not any(self._roles.get(plain(name)) == "code" for name in names):
            raise ContractError(
                f"{profile.wsdl}: {self._operation.name}: none of the reply's fields is known to "
                f"be the code: {', '.join(names)}; name it in {profile.source}: [reply] keys.code"
            )


def _roles(dialect: Dialect, profile: Profile) -> dict[str, str]:
    """Return the roles of fields by name. The dialect's own keys have precedence."""
    roles = {
        word: role
        for role, words in msgspec.structs.asdict(profile.reply.synonyms).items()
        for word in words
    }
    keys = dialect.keys
    return roles | {plain(keys.code): "code", plain(keys.id): "id", plain(keys.text): "text"}
