/** The line that ends a process of Windows with all that came of it. Ending parents first would lose their children, so Windows is asked for the tree. */
export const endTreeLine = (pid: number): string => `taskkill /PID ${pid} /T /F`;

const ENDED = 0;
const NOT_FOUND = 128;

/** Whether the line's exit code says that nothing of the tree is left; any other says that something could not be ended. */
export const isTreeEnded = (exitCode: number | null | undefined): boolean => exitCode === ENDED || exitCode === NOT_FOUND;
