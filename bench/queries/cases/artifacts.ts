import { deleteArtifact } from '../../../src/services/artifacts/delete-artifact.ts';
import { downloadArtifact, getArtifact, listArtifacts } from '../../../src/services/artifacts/read-artifacts.ts';
import { uploadArtifact } from '../../../src/services/artifacts/upload-artifact.ts';
import type { World } from '../world.ts';
import { pick } from './query-case.ts';
import type { QueryCase } from './query-case.ts';

async function* content(): AsyncGenerator<Buffer> {
  yield Buffer.from('content');
}

/** Files that runs leave or need. */
export const artifactCases = async ({ services, caller, filled }: World): Promise<QueryCase[]> => {
  const { artifact_uuid: uuid } = await uploadArtifact(services, caller, { name: 'file', content: content() });
  const row = (name: string, covers: string | string[], call: QueryCase['call']): QueryCase => ({
    name,
    kind: 'row',
    covers: [covers].flat(),
    call,
  });
  return [
    row('artifact stored', 'uploadArtifact', (n) => uploadArtifact(services, caller, { name: `file ${n}`, content: content() })),
    row('artifact removed', 'deleteArtifact', async (n) => {
      const { artifact_uuid: gone } = await uploadArtifact(services, caller, { name: `gone ${n}`, content: content() });
      await deleteArtifact(services, caller, gone);
    }),
    row('artifact', ['getArtifact', 'describeArtifact'], () => getArtifact(services, caller, uuid)),
    row('artifact read', 'downloadArtifact', async () => Array.fromAsync((await downloadArtifact(services, caller, uuid)).content)),
    { name: 'artifacts', kind: 'page', covers: ['listArtifacts'], call: () => listArtifacts(services, caller, { limit: 50 }) },
    {
      name: 'artifacts of a run',
      kind: 'page',
      covers: ['listArtifacts'],
      call: (n) => listArtifacts(services, caller, { limit: 50, execution: pick(filled.runs, n).serial }),
    },
  ];
};
