import { z } from 'zod';

export const UsageContext = z.enum(['creation', 'modification', 'search', 'target_creation', 'discovery', 'suggestion']);
