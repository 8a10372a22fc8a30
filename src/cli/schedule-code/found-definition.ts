/** A definition of a file. */
export interface FoundDefinition {
  /** File and line, `schedules/nightly.yaml:12`. */
  source: string;
  definition: unknown;
  /** Where a field of it stands, or the nearest part around it. */
  lineOf: (path: string) => string;
}

/** Why a file, or a part of it, could not be read. */
export interface FileProblem {
  /** File and line, as far as that is known. */
  source: string;
  message: string;
}

export interface ReadFile {
  found: FoundDefinition[];
  problems: FileProblem[];
}

export const wrongFile = (source: string, message: string): ReadFile => ({ found: [], problems: [{ source, message }] });
