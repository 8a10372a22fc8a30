export { allPages } from './all-pages.ts';
export { ApiError } from './api-error.ts';
export type { FieldProblem } from './api-error.ts';
export type { CallOptions, EventOptions, KeyedOptions, ServerEvent } from './call-options.ts';
export { createClient } from './create-client.ts';
export type { Client, ClientOptions } from './create-client.ts';
export type * from './generated/operations.ts';
export type * from './generated/schemas.ts';
export type { Page } from './page.ts';
