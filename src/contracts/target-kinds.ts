import type { TargetKind } from './target-views.ts';

/** What people have, and by which protocols it is usually reached, the likeliest first. */
export const TARGET_KINDS: readonly TargetKind[] = [
  { kind: 'linux_server', label: 'Linux server', methods: ['ssh', 'snmp', 'rest_api'] },
  { kind: 'windows_server', label: 'Windows server', methods: ['winrm', 'ssh', 'snmp', 'rest_api'] },
  { kind: 'network_device', label: 'Network device', methods: ['snmp', 'telnet', 'ssh', 'rest_api'] },
  { kind: 'database_server', label: 'Database server', methods: ['mysql', 'postgresql', 'mssql', 'oracle', 'mongodb', 'redis'] },
  { kind: 'application_server', label: 'Application server', methods: ['rest_api', 'ssh', 'winrm'] },
  { kind: 'email_server', label: 'Mail server', methods: ['smtp', 'rest_api', 'ssh', 'winrm'] },
  { kind: 'storage', label: 'Storage', methods: ['snmp', 'rest_api', 'ssh'] },
  { kind: 'virtualization_host', label: 'Virtualization host', methods: ['rest_api', 'ssh', 'winrm'] },
  { kind: 'container_platform', label: 'Container platform', methods: ['rest_api', 'ssh'] },
  { kind: 'cloud_service', label: 'Cloud service', methods: ['rest_api'] },
];
