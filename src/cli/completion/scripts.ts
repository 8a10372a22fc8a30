import type { CompletionNode, CompletionWord } from './completion-tree.ts';
import { fishTable, shellTable, tablesOf } from './tables.ts';
import type { Tables } from './tables.ts';

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

const shellTables = ({ step, value, words, options }: Tables): string =>
  [
    shellTable('_opsconductor_step', step),
    shellTable('_opsconductor_value', value),
    shellTable('_opsconductor_words', words),
    shellTable('_opsconductor_options', options),
  ].join('\n');

const BASH = String.raw`
_opsconductor() {
  local REPLY current=${'${COMP_WORDS[COMP_CWORD]}'} where= option= word index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    word=${'${COMP_WORDS[index]}'}
    # --output=json comes as three words.
    if [[ $word == '=' ]]; then continue; fi
    if [[ -n $option ]]; then option=
    elif [[ $word == -* ]]; then _opsconductor_value "$where $word" && option=$word
    else _opsconductor_step "$where $word" && where=$REPLY
    fi
  done
  [[ $current == '=' ]] && current=
  if [[ -n $option ]]; then _opsconductor_value "$where $option"
  elif [[ $current == -* ]]; then _opsconductor_options "$where"
  else _opsconductor_words "$where"
  fi
  if [[ $REPLY == *@file* ]]; then
    compopt -o filenames 2>/dev/null
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  fi
  mapfile -t -O ${'${#COMPREPLY[@]}'} COMPREPLY < <(compgen -W "${'${REPLY//@*/}'}" -- "$current")
}
complete -F _opsconductor opsconductor
`;

const ZSH = String.raw`
_opsconductor() {
  local REPLY where= option= word
  local -a found
  for word in "${'${(@)words[2,CURRENT-1]}'}"; do
    if [[ -n $option ]]; then option=
    elif [[ $word == -* ]]; then _opsconductor_value "$where $word" && option=$word
    else _opsconductor_step "$where $word" && where=$REPLY
    fi
  done
  if [[ -z $option && $words[CURRENT] == --*=* ]]; then
    option=${'${words[CURRENT]%%=*}'}
    compset -P '*='
  fi
  if [[ -n $option ]]; then _opsconductor_value "$where $option"
  elif [[ $words[CURRENT] == -* ]]; then _opsconductor_options "$where"
  else _opsconductor_words "$where"
  fi
  found=("${'${(@f)REPLY}'}")
  if [[ $REPLY == *@file* ]]; then _files; fi
  found=(${'${found:#(@*|)}'})
  (( ${'${#found}'} )) && _describe opsconductor found
}
if [[ $funcstack[1] == _opsconductor ]]; then _opsconductor "$@"; else compdef _opsconductor opsconductor; fi
`;

const FISH = String.raw`
function __opsconductor_complete
    set -l where ''
    set -l option ''
    set -l current (commandline -ct)
    for word in (commandline -opc)[2..-1]
        if test -n "$option"
            set option ''
        else if string match -q -- '-*' $word
            __opsconductor_value "$where $word" >/dev/null; and set option $word
        else
            set -l next (__opsconductor_step "$where $word"); and set where $next
        end
    end
    set -l before ''
    if test -z "$option"; and string match -q -- '--*=*' $current
        set option (string split -m1 = -- $current)[1]
        set before "$option="
    end
    set -l found
    if test -n "$option"
        set found (__opsconductor_value "$where $option")
    else if string match -q -- '-*' $current
        set found (__opsconductor_options "$where")
    else
        set found (__opsconductor_words "$where")
    end
    for line in $found
        switch $line
            case @file
                __fish_complete_path (string replace -- "$before" '' $current)
            case '@*'
            case '*'
                printf '%s%s\n' $before $line
        end
    end
end
complete -c opsconductor -f -a '(__opsconductor_complete)'
`;

const tabbed = ({ word, description }: CompletionWord): string => (description === '' ? word : `${word}\t${description}`);
const described = ({ word, description }: CompletionWord): string => (description === '' ? word : `${word}:${description}`);

const fishScript = ({ step, value, words, options }: Tables): string => {
  const tables = [
    fishTable('__opsconductor_step', step),
    fishTable('__opsconductor_value', value),
    fishTable('__opsconductor_words', words),
    fishTable('__opsconductor_options', options),
  ];
  return `# Completion of opsconductor for fish.\n${tables.join('\n')}${FISH}`;
};

const SCRIPTS: Readonly<Record<Shell, (nodes: readonly CompletionNode[]) => string>> = {
  bash: (nodes) => `# Completion of opsconductor for bash (4.4 or later).\n${shellTables(tablesOf(nodes, ({ word }) => word))}${BASH}`,
  zsh: (nodes) => `#compdef opsconductor\n${shellTables(tablesOf(nodes, described))}${ZSH}`,
  fish: (nodes) => fishScript(tablesOf(nodes, tabbed)),
};

/** What a shell reads to complete command lines of this version. It starts nothing and asks nobody. */
export const completionScript = (shell: Shell, nodes: readonly CompletionNode[]): string => SCRIPTS[shell](nodes);
