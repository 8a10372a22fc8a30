-- resume position: written by `opsconductor db diff`; read it before you commit it.

-- Column job_execution_branches.resume_position.
ALTER TABLE job_execution_branches ADD COLUMN resume_position jsonb;

-- Check ck_job_execution_branches_resume_position_json of job_execution_branches.
ALTER TABLE job_execution_branches ADD CONSTRAINT ck_job_execution_branches_resume_position_json CHECK ((jsonb_typeof(resume_position) = 'object'::text)) NOT VALID;
ALTER TABLE job_execution_branches VALIDATE CONSTRAINT ck_job_execution_branches_resume_position_json;

-- Index idx_job_action_results_branch_id_unresolved of job_action_results.
CREATE INDEX idx_job_action_results_branch_id_unresolved ON job_action_results USING btree (branch_id) WHERE ((resolved_at IS NULL) AND ((failure_category = 'lost'::text) OR ((error_code)::text = ANY (ARRAY[('CONNECTION_LOST'::character varying)::text, ('OUTCOME_UNKNOWN'::character varying)::text]))));
