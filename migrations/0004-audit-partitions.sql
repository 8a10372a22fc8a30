-- The trigger that forbids TRUNCATE stands on audit_events; partitions do not inherit it, so each month could be emptied by itself.
DO $$
DECLARE part regclass;
BEGIN
  FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = 'audit_events'::regclass LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT EXECUTE FUNCTION forbid_change()',
      'trg_' || (SELECT relname FROM pg_class WHERE oid = part) || '_no_truncate', part);
  END LOOP;
END $$;
