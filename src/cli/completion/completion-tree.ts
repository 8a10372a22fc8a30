import type { Command, Option } from 'commander';

/** A word that can stand in a command line, and what it is. */
export interface CompletionWord {
  word: string;
  description: string;
}

/** An option that takes a value: one of these, a file, or something that only the person knows. */
export interface CompletionValue {
  names: string[];
  value: { choices: readonly string[] } | 'file' | 'text';
}

/** What may follow the words of a command. */
export interface CompletionNode {
  /** Names of the commands down to this one, with a space before each; empty for the program itself. */
  path: string;
  /** Its commands: any of the names leads to the path. */
  steps: { names: string[]; path: string }[];
  words: CompletionWord[];
  options: CompletionWord[];
  values: CompletionValue[];
  /** It takes files as arguments. */
  takesFiles: boolean;
}

const FILE = /<(?:file|folder)(?:\.\.\.)?>/;

const namesOf = ({ long, short }: Option): string[] => [long, short].filter((name) => name !== undefined && name !== null);

const valueOf = (option: Option): CompletionValue[] => {
  if (!option.required && !option.optional) return [];
  const { argChoices: choices, flags } = option;
  return [{ names: namesOf(option), value: choices === undefined ? (FILE.test(flags) ? 'file' : 'text') : { choices } }];
};

const optionsOf = (command: Command, root: Command): Option[] => {
  const visible = command.createHelp().visibleOptions(command);
  const shared = root
    .createHelp()
    .visibleOptions(root)
    .filter(({ long }) => long !== '--help' && long !== '--version');
  const all = command === root ? visible : [...visible, ...shared];
  return all.filter((option, index) => all.findIndex(({ long }) => long === option.long) === index);
};

const commandsOf = (command: Command): Command[] =>
  command
    .createHelp()
    .visibleCommands(command)
    .filter((one) => one.name() !== 'help');

const nodeOf = (command: Command, root: Command, path: string): CompletionNode => {
  const commands = commandsOf(command);
  const options = optionsOf(command, root);
  const choices = command.registeredArguments.flatMap(({ argChoices = [] }) => argChoices);
  return {
    path,
    steps: commands.map((one) => ({ names: [one.name(), ...one.aliases()], path: `${path} ${one.name()}` })),
    words: [
      ...commands.map((one) => ({ word: one.name(), description: one.description() })),
      ...choices.map((word) => ({ word, description: '' })),
    ],
    options: options.flatMap((option) => (option.long == null ? [] : [{ word: option.long, description: option.description }])),
    values: options.flatMap(valueOf),
    takesFiles: command.registeredArguments.some((argument) => FILE.test(`<${argument.name()}>`)),
  };
};

/** What may follow in a command line, for each command of a program: the program itself first. */
export const completionTree = (root: Command): CompletionNode[] => {
  const walk = (command: Command, path: string): CompletionNode[] => {
    const node = nodeOf(command, root, path);
    return [node, ...commandsOf(command).flatMap((one) => walk(one, `${path} ${one.name()}`))];
  };
  return walk(root, '');
};
