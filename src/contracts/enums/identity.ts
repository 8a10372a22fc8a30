import { z } from 'zod';

export const UserRole = z.enum(['admin', 'operator', 'viewer']);
export type UserRole = z.infer<typeof UserRole>;

export const SessionEndReason = z.enum(['logout', 'expired', 'inactivity', 'admin', 'password_change']);
