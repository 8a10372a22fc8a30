import { z } from 'zod';

export const AlertCondition = z.enum(['gt', 'lt', 'eq', 'ne', 'gte', 'lte']);

export const AlertSeverity = z.enum(['low', 'medium', 'high', 'critical']);

export const AlertStatus = z.enum(['active', 'acknowledged', 'resolved', 'suppressed']);

export const AlertType = z.enum(['job_failure', 'system_error', 'performance', 'security']);

/** `event`: matched when it is raised; `threshold`: evaluated every minute. */
export const EvaluationMode = z.enum(['event', 'threshold']);

export const NotificationType = z.enum(['email', 'slack', 'webhook', 'sms']);

export const NotificationStatus = z.enum(['pending', 'sent', 'delivered', 'failed', 'cancelled']);
