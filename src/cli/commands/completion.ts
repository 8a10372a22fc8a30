import { Argument } from 'commander';
import type { Command } from 'commander';
import { completionTree } from '../completion/completion-tree.ts';
import { SHELLS, completionScript } from '../completion/scripts.ts';
import type { Shell } from '../completion/scripts.ts';

const HELP = `
Write it once, and again after an upgrade:
  bash  opsconductor completion bash > ~/.local/share/bash-completion/completions/opsconductor
  zsh   opsconductor completion zsh > a folder of $fpath, as _opsconductor
  fish  opsconductor completion fish > ~/.config/fish/completions/opsconductor.fish`;

/** `completion bash|zsh|fish`: prints what the shell reads. */
export const registerCompletion = (program: Command): void => {
  program
    .command('completion')
    .description('print a script with which a shell completes commands and options')
    .addArgument(new Argument('<shell>').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => void process.stdout.write(completionScript(shell, completionTree(program))));
};
