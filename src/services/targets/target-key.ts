/** Column of universal_targets by which a key names a target: its serial or its uuid (contracts, TargetKey). */
export const keyColumn = (key: string): 'target_serial' | 'target_uuid' => (key.startsWith('T') ? 'target_serial' : 'target_uuid');
