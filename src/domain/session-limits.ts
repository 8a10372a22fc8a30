/** Settings that end a session. */
export interface SessionLimits {
  session_timeout_seconds: number;
  inactivity_timeout_minutes: number;
  warning_time_minutes: number;
}

export interface SessionTimes {
  created: Date;
  /** The end that was written at the login. */
  expires: Date;
  lastActivity: Date;
}

/** Where a session stands. */
export interface SessionClock {
  expiresAt: Date;
  idleEndsAt: Date;
  secondsLeft: number;
  isWarning: boolean;
  warningSeconds: number;
}

const SECOND_MS = 1_000;
const MINUTE_MS = 60_000;

/** When a session ends, by the limits as they are now: they can only shorten what the login promised. */
export const sessionClock = (now: Date, { created, expires, lastActivity }: SessionTimes, limits: SessionLimits): SessionClock => {
  const expiresAt = Math.min(expires.getTime(), created.getTime() + limits.session_timeout_seconds * SECOND_MS);
  const idleEndsAt = lastActivity.getTime() + limits.inactivity_timeout_minutes * MINUTE_MS;
  const leftMs = Math.min(expiresAt, idleEndsAt) - now.getTime();
  const secondsLeft = Math.max(0, Math.ceil(leftMs / SECOND_MS));
  const warningSeconds = limits.warning_time_minutes * 60;
  return {
    expiresAt: new Date(expiresAt),
    idleEndsAt: new Date(idleEndsAt),
    secondsLeft,
    isWarning: secondsLeft <= warningSeconds,
    warningSeconds,
  };
};
