import { infraJsonSchema } from '../../actions/terraform-layer/config/infra-schema.js';

/** The JSON Schema of `infra.yml`, as editors read it. */
export function infraSchemaJson(): string {
  return `${JSON.stringify(infraJsonSchema(), null, 2)}\n`;
}
