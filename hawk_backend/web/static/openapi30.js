// OpenAPI 3.1 as 3.0 says it: the Swagger UI that we carry reads no newer one.

/**
 * @param {any} description
 * @returns {any} the same operations with `nullable` instead of the type null
 */
export const asVersion30 = (description) => ({ ...rewritten(description), openapi: "3.0.3" });

function rewritten(value) {
  if (Array.isArray(value)) return value.map(rewritten);
  if (value === null || typeof value !== "object") return value;
  const entries = Object.entries(value).map(([name, part]) => [name, rewritten(part)]);
  return withoutNull(Object.fromEntries(entries));
}

/** `anyOf` with the type null is the other choices, nullable. */
function withoutNull(schema) {
  if (!Array.isArray(schema.anyOf)) return schema;
  const choices = schema.anyOf.filter((choice) => choice.type !== "null");
  if (choices.length === schema.anyOf.length) return schema;
  const { anyOf: _, ...rest } = schema;
  const only = choices.length === 1 && !choices[0].$ref ? choices[0] : { anyOf: choices };
  return { ...only, ...rest, nullable: true };
}
