import { z } from 'zod';

export const DiscoveryStatus = z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']);

export const DeviceStatus = z.enum(['discovered', 'imported', 'ignored']);
