-- A person's wish to skip an action or to cancel a branch is on its row before its workflow is told; a condition keeps what it decided.

-- Column job_action_results.decision.
ALTER TABLE job_action_results ADD COLUMN decision jsonb;

-- Column job_action_results.skip_requested_at.
ALTER TABLE job_action_results ADD COLUMN skip_requested_at timestamp with time zone;

-- Column job_execution_branches.cancel_requested_at.
ALTER TABLE job_execution_branches ADD COLUMN cancel_requested_at timestamp with time zone;

-- Check ck_job_action_results_decision_json of job_action_results.
ALTER TABLE job_action_results ADD CONSTRAINT ck_job_action_results_decision_json CHECK ((jsonb_typeof(decision) = 'object'::text)) NOT VALID;
ALTER TABLE job_action_results VALIDATE CONSTRAINT ck_job_action_results_decision_json;
