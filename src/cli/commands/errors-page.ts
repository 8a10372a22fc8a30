import { errorsPage } from '../../api/errors-page.ts';

/** `opsconductor errors-page`: prints docs/errors.md of this version. */
export const printErrorsPage = (): void => void process.stdout.write(errorsPage());
