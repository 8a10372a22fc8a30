import type { DataType } from '../../contracts/data-transfer.ts';
import { SETTING_SHEET } from './sheets/settings.ts';
import { TARGET_SHEET } from './sheets/targets.ts';
import { USER_SHEET } from './sheets/users.ts';
import type { CsvSheet } from './sheets/sheet.ts';

/** In the order in which they are looked for: `name` is a column of targets only. */
export const CSV_SHEETS: readonly CsvSheet[] = [USER_SHEET, SETTING_SHEET, TARGET_SHEET];

export const sheetOfType = (type: DataType | undefined): CsvSheet | undefined => CSV_SHEETS.find((sheet) => sheet.type === type);
