-- What every installation starts with: the system user, device types, settings, rules, notification and report templates.
INSERT INTO users (username, email, password_hash, role) VALUES ('system', 'system@localhost', '!', 'admin');

INSERT INTO device_type_categories (value, label, sort_order, is_system) VALUES
  ('operating_system', 'Operating Systems', 10, true),
  ('network_infrastructure', 'Network Infrastructure', 20, true),
  ('virtualization_cloud', 'Virtualization & Cloud', 30, true),
  ('storage_systems', 'Storage Systems', 40, true),
  ('database_systems', 'Database Systems', 50, true),
  ('application_servers', 'Application Servers', 60, true),
  ('communication_email', 'Communication & Email', 70, true),
  ('infrastructure_services', 'Infrastructure Services', 80, true),
  ('power_environmental', 'Power & Environmental', 90, true),
  ('security_appliances', 'Security Appliances', 100, true),
  ('iot_embedded', 'IoT & Embedded', 110, true),
  ('generic_unknown', 'Generic / Unknown', 120, true);

INSERT INTO device_types (value, label, category, description, communication_methods, discovery_ports, discovery_oids, discovery_services, discovery_keywords, is_system) VALUES
  ('linux', 'Linux Server', 'operating_system', 'General-purpose Linux host', '["ssh", "snmp", "telnet", "rest_api"]', '[22, 161, 80, 443]', '["1.3.6.1.2.1.1.1.0"]', '["ssh", "http", "https"]', '["linux", "ubuntu", "centos", "redhat", "debian"]', true),
  ('windows', 'Windows Server', 'operating_system', 'Windows Server host', '["winrm", "snmp", "ssh", "rest_api"]', '[135, 445, 3389, 5985, 161]', '["1.3.6.1.2.1.1.1.0"]', '["winrm", "rdp", "smb", "http"]', '["windows", "microsoft", "server"]', true),
  ('windows_desktop', 'Windows Desktop', 'operating_system', 'Windows client or workstation', '["winrm"]', '[135, 139, 445, 3389]', '[]', '[]', '["windows 10", "windows 11", "workstation", "desktop"]', true),
  ('macos', 'macOS', 'operating_system', 'Apple macOS host', '["ssh"]', '[]', '[]', '[]', '[]', true),
  ('freebsd', 'FreeBSD', 'operating_system', 'FreeBSD host', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('aix', 'IBM AIX', 'operating_system', 'IBM AIX host on Power', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('solaris', 'Oracle Solaris', 'operating_system', 'Oracle Solaris host', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('cisco_switch', 'Cisco Switch', 'network_infrastructure', 'Cisco Catalyst or Nexus switch', '["ssh", "telnet", "snmp"]', '[22, 23, 161]', '["1.3.6.1.2.1.1.1.0", "1.3.6.1.4.1.9.1"]', '["ssh", "telnet"]', '["cisco", "catalyst", "nexus", "switch"]', true),
  ('cisco_router', 'Cisco Router', 'network_infrastructure', 'Cisco ISR or ASR router', '["ssh", "telnet", "snmp"]', '[22, 23, 161]', '["1.3.6.1.2.1.1.1.0", "1.3.6.1.4.1.9.1"]', '["ssh", "telnet"]', '["cisco", "router", "isr", "asr"]', true),
  ('juniper_switch', 'Juniper Switch', 'network_infrastructure', 'Juniper EX-class switch', '["ssh", "snmp"]', '[22, 161]', '["1.3.6.1.2.1.1.1.0", "1.3.6.1.4.1.2636"]', '["ssh", "snmp"]', '["juniper", "junos", "ex"]', true),
  ('juniper_router', 'Juniper Router', 'network_infrastructure', 'Juniper router', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('arista_switch', 'Arista Switch', 'network_infrastructure', 'Arista EOS switch', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('hp_switch', 'HP/Aruba Switch', 'network_infrastructure', 'HP ProCurve or Aruba switch', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('dell_switch', 'Dell Switch', 'network_infrastructure', 'Dell network switch', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('firewall', 'Firewall', 'network_infrastructure', 'Firewall appliance of any vendor', '["ssh", "snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('load_balancer', 'Load Balancer', 'network_infrastructure', 'Hardware or virtual load balancer', '["ssh", "snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('wireless_controller', 'Wireless Controller', 'network_infrastructure', 'Controller of a wireless network', '["ssh", "snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('access_point', 'Wireless Access Point', 'network_infrastructure', 'Wireless access point', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('router_gateway', 'Router / Gateway', 'network_infrastructure', 'Router or internet gateway of unknown vendor', '["ssh", "snmp", "rest_api"]', '[53, 80, 443, 161]', '[]', '[]', '["router", "gateway", "openwrt", "dd-wrt", "pfsense"]', true),
  ('vmware_esxi', 'VMware ESXi', 'virtualization_cloud', 'VMware ESXi hypervisor', '["ssh", "rest_api"]', '[22, 80, 443, 902]', '["1.3.6.1.2.1.1.1.0"]', '["ssh", "https"]', '["vmware", "esxi", "vsphere"]', true),
  ('vmware_vcenter', 'VMware vCenter', 'virtualization_cloud', 'VMware vCenter management server', '["rest_api"]', '[]', '[]', '[]', '[]', true),
  ('hyper_v', 'Microsoft Hyper-V', 'virtualization_cloud', 'Windows host with the Hyper-V role', '["winrm"]', '[]', '[]', '[]', '[]', true),
  ('proxmox', 'Proxmox VE', 'virtualization_cloud', 'Proxmox VE node', '["ssh", "rest_api"]', '[22, 8006]', '[]', '[]', '["proxmox", "pve"]', true),
  ('xen', 'Citrix XenServer', 'virtualization_cloud', 'XenServer hypervisor', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('kubernetes', 'Kubernetes Node', 'virtualization_cloud', 'Node or API server of a Kubernetes cluster', '["rest_api"]', '[]', '[]', '[]', '[]', true),
  ('docker', 'Docker Host', 'virtualization_cloud', 'Host that runs Docker containers', '["ssh"]', '[]', '[]', '[]', '[]', true),
  ('netapp', 'NetApp Storage', 'storage_systems', 'NetApp ONTAP array', '["ssh", "snmp", "rest_api"]', '[22, 80, 443, 161]', '["1.3.6.1.4.1.789"]', '["ssh", "https", "snmp"]', '["netapp", "ontap", "filer"]', true),
  ('emc_storage', 'Dell EMC Storage', 'storage_systems', 'Dell EMC array', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('hp_storage', 'HP Storage', 'storage_systems', 'HP or HPE array', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('pure_storage', 'Pure Storage', 'storage_systems', 'Pure Storage array', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('synology', 'Synology NAS', 'storage_systems', 'Synology NAS', '["ssh", "snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('qnap', 'QNAP NAS', 'storage_systems', 'QNAP NAS', '["ssh", "snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('mysql', 'MySQL/MariaDB Server', 'database_systems', 'MySQL or MariaDB server', '["mysql", "ssh", "snmp"]', '[3306, 22, 161]', '["1.3.6.1.2.1.1.1.0"]', '["mysql", "ssh"]', '["mysql", "mariadb", "database"]', true),
  ('postgresql', 'PostgreSQL Server', 'database_systems', 'PostgreSQL server', '["postgresql", "ssh", "snmp"]', '[5432, 22, 161]', '["1.3.6.1.2.1.1.1.0"]', '["postgresql", "ssh"]', '["postgresql", "postgres", "database"]', true),
  ('mssql', 'Microsoft SQL Server', 'database_systems', 'Microsoft SQL Server instance', '["mssql", "winrm"]', '[]', '[]', '[]', '[]', true),
  ('oracle_db', 'Oracle Database', 'database_systems', 'Oracle database server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('mongodb', 'MongoDB Server', 'database_systems', 'MongoDB server', '["mongodb", "ssh"]', '[]', '[]', '[]', '[]', true),
  ('redis', 'Redis Server', 'database_systems', 'Redis server', '["redis", "ssh"]', '[]', '[]', '[]', '[]', true),
  ('elasticsearch', 'Elasticsearch Node', 'database_systems', 'Elasticsearch node', '["elasticsearch", "rest_api", "ssh"]', '[]', '[]', '[]', '[]', true),
  ('cassandra', 'Apache Cassandra', 'database_systems', 'Cassandra node', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('database', 'Database Server', 'database_systems', 'Database server of unnamed product (legacy value)', '["ssh", "mysql", "postgresql", "mssql", "oracle"]', '[3306, 5432, 1433, 1521, 22]', '["1.3.6.1.2.1.1.1.0"]', '["mysql", "postgresql", "mssql", "oracle", "ssh"]', '["database", "db", "sql"]', true),
  ('apache', 'Apache HTTP Server', 'application_servers', 'Apache httpd', '["ssh", "snmp"]', '[80, 443]', '[]', '[]', '["apache"]', true),
  ('nginx', 'Nginx Server', 'application_servers', 'nginx', '["ssh", "snmp"]', '[80, 443]', '[]', '[]', '["nginx"]', true),
  ('iis', 'Microsoft IIS', 'application_servers', 'Microsoft IIS', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('tomcat', 'Apache Tomcat', 'application_servers', 'Apache Tomcat', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('jboss', 'JBoss/WildFly', 'application_servers', 'JBoss or WildFly', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('websphere', 'IBM WebSphere', 'application_servers', 'IBM WebSphere', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('exchange', 'Microsoft Exchange', 'communication_email', 'Microsoft Exchange server', '["winrm", "rest_api", "smtp"]', '[25, 587, 465, 5985, 443]', '["1.3.6.1.2.1.1.1.0"]', '["smtp", "winrm", "https"]', '["exchange", "microsoft", "outlook"]', true),
  ('postfix', 'Postfix Mail Server', 'communication_email', 'Postfix mail server', '["ssh", "smtp"]', '[]', '[]', '[]', '[]', true),
  ('sendmail', 'Sendmail Server', 'communication_email', 'Sendmail mail server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('zimbra', 'Zimbra Server', 'communication_email', 'Zimbra collaboration server', '["ssh", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('smtp_server', 'SMTP Server', 'communication_email', 'SMTP relay of any product', '["smtp", "ssh"]', '[25, 587, 465, 22]', '["1.3.6.1.2.1.1.1.0"]', '["smtp", "ssh"]', '["smtp", "mail", "postfix", "sendmail", "exim"]', true),
  ('email', 'Email Server', 'communication_email', 'Mail server of unnamed product (legacy value)', '["ssh", "smtp"]', '[25, 587, 465, 22]', '["1.3.6.1.2.1.1.1.0"]', '["smtp", "ssh"]', '["email", "mail", "smtp"]', true),
  ('asterisk', 'Asterisk PBX', 'communication_email', 'Asterisk PBX', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('dns_server', 'DNS Server', 'infrastructure_services', 'DNS server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('dhcp_server', 'DHCP Server', 'infrastructure_services', 'DHCP server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('ntp_server', 'NTP Server', 'infrastructure_services', 'NTP server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('ldap_server', 'LDAP/Active Directory', 'infrastructure_services', 'LDAP directory or Active Directory controller', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('backup_server', 'Backup Server', 'infrastructure_services', 'Backup server', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('ups', 'UPS (Uninterruptible Power Supply)', 'power_environmental', 'Uninterruptible power supply', '["snmp", "rest_api"]', '[161, 80, 443]', '["1.3.6.1.2.1.33.1.1.1.0", "1.3.6.1.4.1.318"]', '["snmp", "http"]', '["ups", "apc", "eaton", "tripp"]', true),
  ('pdu', 'Power Distribution Unit', 'power_environmental', 'Rack power distribution unit', '["snmp", "rest_api"]', '[161, 80, 443]', '["1.3.6.1.4.1.318", "1.3.6.1.4.1.534"]', '["snmp", "http"]', '["pdu", "power", "distribution"]', true),
  ('environmental_monitor', 'Environmental Monitor', 'power_environmental', 'Temperature, humidity or leak monitor', '["snmp"]', '[]', '[]', '[]', '[]', true),
  ('generator', 'Backup Generator', 'power_environmental', 'Standby generator controller', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('ids_ips', 'IDS/IPS System', 'security_appliances', 'Intrusion detection or prevention system', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('siem', 'SIEM Appliance', 'security_appliances', 'Security information and event management appliance', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('vulnerability_scanner', 'Vulnerability Scanner', 'security_appliances', 'Vulnerability scanner', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('raspberry_pi', 'Raspberry Pi', 'iot_embedded', 'Raspberry Pi board', '["ssh", "snmp"]', '[]', '[]', '[]', '[]', true),
  ('arduino', 'Arduino Device', 'iot_embedded', 'Arduino board with a network shield', '["rest_api"]', '[]', '[]', '[]', '[]', true),
  ('iot_sensor', 'IoT Sensor', 'iot_embedded', 'Networked sensor', '["snmp", "rest_api"]', '[]', '[]', '[]', '[]', true),
  ('embedded_linux', 'Embedded Linux Device', 'iot_embedded', 'Embedded device that runs Linux', '["ssh", "telnet"]', '[]', '[]', '[]', '[]', true),
  ('generic_device', 'Generic Network Device', 'generic_unknown', 'Reachable device whose kind is not known', '["ssh", "snmp", "telnet", "rest_api"]', '[22, 23, 161, 80, 443]', '["1.3.6.1.2.1.1.1.0"]', '["ssh", "telnet", "http"]', '["device", "network", "unknown"]', true),
  ('unknown', 'Unknown Device Type', 'generic_unknown', 'Device that has not been classified', '["ssh", "snmp"]', '[22, 23, 80, 443, 161]', '["1.3.6.1.2.1.1.1.0"]', '["ssh", "telnet", "http", "https", "snmp"]', '[]', true);

INSERT INTO system_settings (setting_key, setting_value, description) VALUES
  ('timezone', '"UTC"', 'Time zone in which people read times (IANA name).'),
  ('session_timeout_seconds', '28800', 'A login ends after this time, whatever is done (60–86400).'),
  ('inactivity_timeout_minutes', '60', 'A login ends after this time without a request (5–480).'),
  ('warning_time_minutes', '2', 'How long before the end of a login people are warned (1–10).'),
  ('max_concurrent_jobs', '50', 'Runs that may be running at once (1–1000).'),
  ('max_concurrent_targets', '20', 'Targets one run works on at once, unless the job says otherwise (1–200).'),
  ('connection_timeout_seconds', '30', 'Limit of connecting and logging in to a target (1–300).'),
  ('command_timeout_seconds', '300', 'Limit of an action that names none (1–86400).'),
  ('execution_timeout_seconds', '1800', 'Limit of a run whose job names none (60–604800).'),
  ('retry_backoff_coefficient', '2.0', 'Each retry waits this many times longer than the one before (1–10).'),
  ('log_retention_days', '30', 'Log lines are kept at least this long (1–3650).'),
  ('task_history_retention_days', '30', 'Task history and worker samples are kept this long (1–3650).'),
  ('email_target_serial', 'null', 'Target whose smtp method sends mail.'),
  ('health_monitoring_enabled', 'true', 'Targets are checked for health.'),
  ('health_check_batch_size', '50', 'Targets per health tick (1–1000).'),
  ('health_max_concurrent', '5', 'Health checks at once (1–100).'),
  ('metrics_minute_retention_days', '7', 'Minute metrics are kept this long (1–3650).'),
  ('metrics_hour_retention_days', '90', 'Hour metrics are kept this long (1–3650).'),
  ('metrics_retention_days', '730', 'Other metrics are kept this long (1–3650).'),
  ('health_snapshot_retention_days', '90', 'Health snapshots are kept this long (1–3650).'),
  ('notification_retention_days', '90', 'Notification logs are kept this long (1–3650).'),
  ('alert_retention_days', '365', 'Resolved alerts are kept this long (1–3650).'),
  ('audit_retention_days', '365', 'Audit events are kept this long (1–3650).'),
  ('execution_retention_days', '0', 'Runs are kept this long; 0 keeps them for ever (0–3650).'),
  ('purge_after_days', '30', 'Deleted jobs and targets are purged after this time (0–3650).'),
  ('max_output_bytes', '1048576', 'Output of an action kept beside its result, per stream (1024–16777216).'),
  ('max_log_bytes', '67108864', 'Output of an action kept as log lines (1024–17179869184).'),
  ('max_artifact_bytes', '1073741824', 'Size of one artifact (1024–17179869184).'),
  ('artifact_retention_days', '30', 'Artifacts are kept this long (1–3650).'),
  ('schedule_history_retention_days', '365', 'Ended instants of schedules are kept this long (1–3650).'),
  ('maintenance_mode', 'false', 'No new runs start; running ones finish.'),
  ('rate_limit_token_per_minute', '6000', 'Requests per token and minute; 0 = no limit.'),
  ('rate_limit_address_per_minute', '6000', 'Requests per address and minute; 0 = no limit.'),
  ('rate_limit_login_per_minute', '20', 'Logins per address and minute; 0 = no limit.'),
  ('dangerous_command_patterns', '["\\brm\\s+(-[a-zA-Z]*\\s+)*-[a-zA-Z]*[rR][a-zA-Z]*\\s+(-[a-zA-Z]*\\s+)*/(\\s|$|\\*)", "\\bmkfs(\\.\\w+)?\\b", "\\bfdisk\\b", "\\bdd\\s+.*\\bof=/dev/", "\\bformat\\s+[a-zA-Z]:", "\\b(shutdown|reboot|halt|poweroff)\\b", "\\bsudo\\s+rm\\b", "[;&|]\\s*rm\\s+-", "\\b(eval|exec)\\s*\\(", "\\bos\\.system\\s*\\(", "/etc/(shadow|sudoers)\\b", ":\\(\\)\\s*\\{"]', 'Regular expressions of commands that need a confirmation.'),
  ('outbound_denied_networks', '["169.254.0.0/16", "fe80::/10"]', 'Networks that API actions and webhooks may not reach (CIDR).'),
  ('password_min_length', '12', 'Shortest password.'),
  ('login_max_failures', '5', 'Failed logins after which an account is locked.'),
  ('login_lock_minutes', '15', 'How long it stays locked.');

INSERT INTO notification_templates (name, description, subject_template, body_template, variables, is_system) VALUES
  ('job_failure_alert', 'A run failed.', 'Run of {{job_name}} failed', 'Job {{job_name}} ({{job_id}}) ended {{status}} on {{target_name}}.
Started {{started_at}}, failed {{failed_at}}.

{{error_message}}', '["job_name", "job_id", "status", "error_message", "target_name", "started_at", "failed_at"]', true),
  ('system_error_alert', 'OpsConductor itself has a problem.', '{{severity}}: {{error_type}} in {{component}}', '{{timestamp}} {{component}}: {{error_type}} ({{severity}})

{{message}}

{{context_data}}', '["error_type", "severity", "message", "timestamp", "component", "context_data"]', true),
  ('performance_alert', 'A metric passed its limit.', '{{severity}}: {{metric_name}} is {{current_value}}', '{{metric_name}} is {{current_value}}, the limit is {{threshold}} ({{severity}}, {{timestamp}}).

{{description}}', '["metric_name", "current_value", "threshold", "severity", "timestamp", "description"]', true),
  ('security_alert', 'Something that concerns security happened.', '{{severity}}: {{security_event}}', '{{timestamp}} {{security_event}} ({{severity}}) from {{source}} by {{user}}.

{{details}}', '["security_event", "severity", "source", "timestamp", "user", "details"]', true),
  ('job_completion_notification', 'A run ended.', 'Run of {{job_name}} {{status}}', 'Job {{job_name}} ({{job_id}}) ended {{status}} on {{target_name}} after {{duration}}.
Started {{started_at}}, ended {{completed_at}}.

{{results}}', '["job_name", "job_id", "status", "target_name", "started_at", "completed_at", "duration", "results"]', true),
  ('report_ready', 'A report was made.', 'Report {{report_name}} is ready', '{{report_name}}, {{period_start}} to {{period_end}}:
{{link}}', '["report_name", "period_start", "period_end", "link"]', true);

INSERT INTO alert_rules (name, rule_type, evaluation_mode, metric_type, metric_name, condition, threshold_value, severity, notification_template_id, recipients, created_by) VALUES
  ('Low Target Availability', 'performance', 'threshold', 'system_utilization', 'target_availability_percent', 'lt', 90, 'medium', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('Critical Target Availability', 'performance', 'threshold', 'system_utilization', 'target_availability_percent', 'lt', 75, 'critical', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('High Queue Size', 'performance', 'threshold', 'system_utilization', 'queued_jobs', 'gt', 50, 'medium', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('Very High Queue Size', 'performance', 'threshold', 'system_utilization', 'queued_jobs', 'gt', 100, 'critical', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system'));

INSERT INTO alert_rules (name, rule_type, evaluation_mode, condition_config, severity, notification_template_id, recipients, created_by) VALUES
  ('job_failure_notifications', 'job_failure', 'event', '{"min_severity": "high"}', 'high', (SELECT id FROM notification_templates WHERE name = 'job_failure_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('system_error_notifications', 'system_error', 'event', '{"min_severity": "high"}', 'high', (SELECT id FROM notification_templates WHERE name = 'system_error_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('performance_alerts', 'performance', 'event', '{"min_severity": "medium"}', 'medium', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('security_alerts', 'security', 'event', '{"min_severity": "medium"}', 'medium', (SELECT id FROM notification_templates WHERE name = 'security_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system'));

INSERT INTO analytics_alert_rules (name, metric_type, metric_name, condition, threshold_value, severity, notification_template_id, recipients, created_by) VALUES
  ('High Job Failure Rate', 'job_execution', 'failure_rate_percent', 'gt', 10, 'medium', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system')),
  ('Very High Job Failure Rate', 'job_execution', 'failure_rate_percent', 'gt', 25, 'critical', (SELECT id FROM notification_templates WHERE name = 'performance_alert'), '[{"type": "role", "value": "admin"}]', (SELECT id FROM users WHERE username = 'system'));

INSERT INTO report_templates (name, report_type, time_range, data_sources) VALUES
  ('Daily Executive Summary', 'executive', 'last_1_day', '{"job_metrics": true, "target_metrics": true, "system_metrics": true, "trends": true}'),
  ('Weekly Operations Report', 'operational', 'last_7_days', '{"job_performance": true, "target_performance": true, "error_analysis": true, "trends": true}'),
  ('Monthly Executive Report', 'executive', 'last_30_days', '{"kpis": true, "trends": true, "recommendations": true}'),
  ('Compliance Audit Report', 'compliance', 'last_30_days', '{"audit_logs": true, "user_activity": true, "security_events": true}');
