import { schemaPage } from '../../db/catalog/schema-page.ts';
import { AREAS } from '../../db/models/index.ts';

/** `opsconductor schema-page`: prints docs/schema.md of this version. */
export const printSchemaPage = (): void => void process.stdout.write(schemaPage(AREAS));
