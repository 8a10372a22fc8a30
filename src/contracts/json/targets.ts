import { z } from 'zod';
import { Labels } from '../target.ts';
import { METHOD_CONFIGS } from '../methods/index.ts';

export const UniversalTargetsLabels = Labels;

/** Options of all 14 protocols as their schemas in contracts/methods have checked them. Host, port and secrets have columns. Times in seconds. */
export const TargetCommunicationMethodsConfig = z.union(Object.values(METHOD_CONFIGS));
