import type { DatabaseFinding, DatabaseHealth, Severity, SlowStatement, TableHealth } from '../../../contracts/database-health.ts';
import { countText, shareText, sizeText } from '../../../domain/quantity-text.ts';
import { cleanText } from '../../terminal/clean-text.ts';
import type { Paint } from '../../terminal/paint.ts';
import { renderTable } from '../../terminal/render-table.ts';
import { wrapText } from '../../terminal/wrap-text.ts';

const SHOWN_TABLES = 10;
const SHOWN_STATEMENTS = 10;
const WIDE_COLUMNS = 100;
const INDENT = '  ';

export interface TextOptions {
  /** Columns of the terminal; undefined: nothing is cut. */
  width: number | undefined;
  paint: Paint;
}

const GROUPS: readonly { severity: Severity; title: string; color: 'red' | 'yellow' | 'bold' }[] = [
  { severity: 'critical', title: 'Critical', color: 'red' },
  { severity: 'warning', title: 'Warnings', color: 'yellow' },
  { severity: 'info', title: 'For your information', color: 'bold' },
];

const paragraph = (text: string, indent: string, width: number | undefined): string[] =>
  wrapText(text, width === undefined ? undefined : width - indent.length).map((line) => `${indent}${line}`);

const headLines = (
  { server, database, size_bytes: size, statistics_since: since, connections }: DatabaseHealth,
  width?: number,
): string[] => {
  const age = since === null ? 'statistics of unknown age' : `statistics since ${since.slice(0, 10)}`;
  const taken = `${connections.used} of ${connections.max - connections.reserved} connections taken`;
  return paragraph(`PostgreSQL ${server}, database ${database}: ${sizeText(size)}, ${age}, ${taken}.`, '', width);
};

const findingLines = (finding: DatabaseFinding, { width, paint }: TextOptions): string[] => [
  ...paragraph(finding.sentence, INDENT, width),
  ...paragraph(`→ ${finding.suggestion}`, INDENT.repeat(2), width).map((line, place) => (place === 0 ? line : `${INDENT}${line}`)),
  // Never broken: it is there to be copied.
  ...(finding.statement === undefined ? [] : [`${INDENT.repeat(3)}${paint.dim(cleanText(finding.statement))}`]),
  '',
];

const groupLines = (findings: readonly DatabaseFinding[], options: TextOptions): string[] =>
  GROUPS.flatMap(({ severity, title, color }) => {
    const group = findings.filter((finding) => finding.severity === severity);
    if (group.length === 0) return [];
    return [options.paint[color](`${title} (${group.length})`), ...group.flatMap((finding) => findingLines(finding, options))];
  });

const dayText = (iso: string | null): string => iso?.slice(0, 10) ?? 'never';

interface TableColumn {
  heading: string;
  cell: (table: TableHealth) => string;
  isNumber?: boolean;
  /** Left out on a narrow terminal, where the names of the tables would be cut. */
  isExtra?: boolean;
}

const TABLE_COLUMNS: readonly TableColumn[] = [
  { heading: 'TABLE', cell: ({ table }) => table },
  { heading: 'SIZE', cell: ({ size_bytes: size }) => sizeText(size), isNumber: true },
  { heading: 'INDEXES', cell: ({ index_bytes: size }) => sizeText(size), isNumber: true, isExtra: true },
  { heading: 'ROWS', cell: ({ live_rows: rows }) => countText(rows), isNumber: true },
  { heading: 'DEAD', cell: ({ dead_rows: rows }) => countText(rows), isNumber: true },
  { heading: 'SEQ SCANS', cell: ({ sequential_scans: scans }) => countText(scans), isNumber: true },
  { heading: 'IDX SCANS', cell: ({ index_scans: scans }) => countText(scans), isNumber: true },
  { heading: 'VACUUM', cell: ({ last_vacuum: time }) => dayText(time), isExtra: true },
];

const tableText = (tables: readonly TableHealth[], width: number | undefined): string => {
  const isNarrow = width !== undefined && width < WIDE_COLUMNS;
  const columns = TABLE_COLUMNS.filter(({ isExtra }) => isExtra !== true || !isNarrow);
  const rows = tables.slice(0, SHOWN_TABLES).map((table) => columns.map(({ cell }) => cell(table)));
  const right = columns.flatMap(({ isNumber }, place) => (isNumber === true ? [place] : []));
  return renderTable([columns.map(({ heading }) => heading), ...rows], { width, right });
};

const msText = (ms: number): string => (ms < 10 ? ms.toFixed(2) : countText(ms));

const statementRow = ({ calls, mean_ms: meanMs, rows, share, text }: SlowStatement): string[] => [
  shareText(share),
  countText(calls),
  msText(meanMs),
  countText(rows),
  text,
];

const statementTable = (statements: readonly SlowStatement[], width: number | undefined): string =>
  renderTable([['TIME', 'CALLS', 'MEAN MS', 'ROWS', 'STATEMENT'], ...statements.slice(0, SHOWN_STATEMENTS).map(statementRow)], {
    width,
    right: [0, 1, 2, 3],
  });

/** All of it for people. */
export const healthText = (health: DatabaseHealth, options: TextOptions): string => {
  const { findings, tables, slowest_statements: statements } = health;
  const { width, paint } = options;
  const lines = [...headLines(health, width), ''];
  if (findings.length === 0) lines.push(paint.green('Nothing was found that needs attention.'), '');
  else lines.push(...groupLines(findings, options));
  const parts = [`${lines.join('\n')}\n`];
  if (tables.length > 0) parts.push(`${paint.bold('Largest tables')}\n`, tableText(tables, width));
  if (statements.length > 0) parts.push(`\n${paint.bold('Statements that took most of the time')}\n`, statementTable(statements, width));
  return parts.join('');
};
