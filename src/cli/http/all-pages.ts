export { allPages } from '../../client/index.ts';
