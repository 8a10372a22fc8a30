-- Jobs are also listed by name: without this a page would sort all of them.
CREATE INDEX idx_jobs_name_id ON jobs USING btree (name, id) WHERE (deleted_at IS NULL);
