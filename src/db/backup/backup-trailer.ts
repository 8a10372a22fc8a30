/** The last bytes of a backup: a SHA-256 over all that is before them. A file without them was cut off. */
export const trailerOf = (sha256: string): Buffer => Buffer.from(`\nsha256 ${sha256}\n`);

export const TRAILER_BYTES = 73;

/** The SHA-256 that the last bytes of a file tell, or undefined when they are no trailer. */
export const parseTrailer = (bytes: Buffer): string | undefined => /^\nsha256 ([0-9a-f]{64})\n$/.exec(bytes.toString('latin1'))?.[1];
