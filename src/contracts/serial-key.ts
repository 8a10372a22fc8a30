import { z } from 'zod';

const UUID = '[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}';

/** A thing by its serial or by its uuid. @param serial of it, without anchors. @param what it is: `a target`. */
export const serialOrUuid = (serial: RegExp, what: string, example: string) =>
  z
    .string()
    .regex(new RegExp(`^(?:${serial.source}|${UUID})$`), `must be the serial of ${what}, such as ${example}, or its uuid`)
    .meta({ description: `Serial or uuid of ${what}.`, example });
