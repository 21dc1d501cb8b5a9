"""Numbers that a policy may set, each with the range in which it makes sense."""

from dataclasses import dataclass

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Within:
    """Annotation: a number from `low` to `high`, both included.

    Text and booleans are refused rather than converted: `min: yes` must not become 1.0.
    """

    low: float
    high: float

    def __get_pydantic_core_schema__(
        self, source: object, handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        """Check the range before pydantic converts the type."""
        return core_schema.no_info_before_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        """Publish the range to editors."""
        return handler(schema) | {"minimum": self.low, "maximum": self.high}

    def checked(self, value: object) -> object:
        """The value itself.

        Raises:
            PydanticCustomError: it is no number, or lies outside the range.
        """
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not self.low <= float(value) <= self.high:  # type: ignore[arg-type] # narrowed by `number`
            raise PydanticCustomError(
                "out_of_range",
                "{value}; it must be a number from {low} to {high}",
                {"value": repr(value)[:60], "low": f"{self.low:g}", "high": f"{self.high:g}"},
            )
        return value
