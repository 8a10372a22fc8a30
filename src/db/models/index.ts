import type { Sequelize } from 'sequelize';
import { ApiTokenModel } from './api-token.ts';
import { CommunicationMethodModel } from './communication-method.ts';
import { CredentialModel } from './credential.ts';
import { JobModel } from './job.ts';
import { JobActionModel } from './job-action.ts';
import { JobExecutionModel } from './job-execution.ts';
import { JobTargetModel } from './job-target.ts';
import { JobVersionModel } from './job-version.ts';
import { TargetModel } from './target.ts';
import { UserModel } from './user.ts';
import { UserSessionModel } from './user-session.ts';

const MODELS = [
  UserModel,
  UserSessionModel,
  ApiTokenModel,
  TargetModel,
  CommunicationMethodModel,
  CredentialModel,
  JobModel,
  JobActionModel,
  JobTargetModel,
  JobVersionModel,
  JobExecutionModel,
];

/** Binds every model to this connection. A process has one database. */
export const defineModels = (sequelize: Sequelize): void => {
  for (const model of MODELS) model.define(sequelize);
};
