const OWN_FOLDER = 'Or set OPSCONDUCTOR_PG_BIN to the folder that has the programs.';

/** How to get the client programs of a PostgreSQL major version on a platform, as sentences. */
export const installAdvice = (major: number, platform: NodeJS.Platform): string => {
  const packages = `postgresql-client-${major} on Debian and Ubuntu (where the distribution lacks it: from apt.postgresql.org), postgresql${major} on Fedora and RHEL (from yum.postgresql.org)`;
  if (platform === 'darwin') return `Install it: brew install postgresql@${major}. ${OWN_FOLDER}`;
  if (platform === 'win32')
    return `Install it: the installer of PostgreSQL ${major} for Windows (postgresql.org/download), "Command Line Tools" are enough. ${OWN_FOLDER}`;
  return `Install it: ${packages}. ${OWN_FOLDER}`;
};
