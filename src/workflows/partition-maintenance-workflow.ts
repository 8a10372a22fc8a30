import { upkeep } from './activities.ts';

/** Makes the partitions of the next months and reports rows that found none; started daily by the schedule `sys/partition-maintenance`. */
export async function partitionMaintenanceWorkflow() {
  const watched = upkeep('rows in default partitions').watchDefaultPartitions();
  const [made, defaultRows] = await Promise.all([upkeep('months ahead').makeMonthPartitions(), watched]);
  return { ...made, defaultRows };
}
