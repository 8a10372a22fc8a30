// Runs first in the SDK's thread for workflows; see workflow-thread.ts.
import { BaseVMWorkflow } from '@temporalio/worker/lib/workflow/vm-shared.js';

type Module = BaseVMWorkflow['workflowModule'];
type Activation = Parameters<Module['activate']>[0];
type Job = NonNullable<Activation['jobs']>[number];

/** What the SDK's class has inside, as far as it is needed here. */
interface Inside {
  workflowModule: Module;
  tryUnblockConditionsAndMicrotasks(): void;
}

const isLocal = ({ resolveActivity }: Job): boolean => resolveActivity?.isLocal === true;

const { activate } = BaseVMWorkflow.prototype;

/** The module of a workflow, whose results of local activities come one by one, behind all else and what follows from it. */
const apart = (inside: Inside): Module => {
  const { workflowModule } = inside;
  const activateGroup = (batch: Activation, jobs: Job[], index?: number): void => {
    if (jobs.length > 0) workflowModule.activate(Object.assign(Object.create(batch) as Activation, { jobs }), index);
  };
  const activateApart = (batch: Activation, index?: number): void => {
    const { jobs } = batch;
    activateGroup(
      batch,
      (jobs ?? []).filter((job) => !isLocal(job)),
      index,
    );
    for (const job of (jobs ?? []).filter(isLocal)) {
      inside.tryUnblockConditionsAndMicrotasks();
      activateGroup(batch, [job], index);
    }
  };
  return Object.create(workflowModule, { activate: { value: activateApart } }) as Module;
};

/**
 * The result of a local activity that began in an earlier workflow task (its database was slow) comes in a moment of its own at first, and in a replay
 * in one with what the server had to say in that task (sdk-core of 1.24). The workflow would then do what follows in another order, and never get beyond
 * it (TMPRL1100). So each such result has a moment of its own here, behind the others of its activation, as the SDK sorts them.
 */
BaseVMWorkflow.prototype.activate = async function activateInMoments(activation) {
  if ((activation.jobs ?? []).length < 2 || activation.jobs?.some(isLocal) !== true) return activate.call(this, activation);
  const inside = this as unknown as Inside;
  const { workflowModule } = inside;
  inside.workflowModule = apart(inside);
  try {
    return await activate.call(this, activation);
  } finally {
    inside.workflowModule = workflowModule;
  }
};
