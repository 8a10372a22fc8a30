-- add output masked: written by `opsconductor db diff`; read it before you commit it.

-- Column job_action_results.output_masked.
ALTER TABLE job_action_results ADD COLUMN output_masked boolean DEFAULT false NOT NULL;
