import { inject } from 'vitest';
import { describeServer } from './support/describe-server.ts';

describeServer(() => inject('templateUrl'));
