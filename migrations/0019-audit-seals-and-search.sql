-- audit seals and search: written by `opsconductor db diff`; read it before you commit it.

-- Column audit_seals.events_until.
ALTER TABLE audit_seals ADD COLUMN events_until timestamp with time zone NOT NULL;

-- Index idx_audit_events_ip_address_occurred_at of audit_events.
CREATE INDEX idx_audit_events_ip_address_occurred_at ON audit_events USING btree (ip_address, occurred_at) WHERE (ip_address IS NOT NULL);

-- Index idx_audit_events_request_id of audit_events.
CREATE INDEX idx_audit_events_request_id ON audit_events USING btree (request_id) WHERE (request_id IS NOT NULL);

-- Index idx_audit_events_severity_occurred_at of audit_events.
CREATE INDEX idx_audit_events_severity_occurred_at ON audit_events USING btree (severity, occurred_at) WHERE (severity = ANY (ARRAY['high'::text, 'critical'::text]));
