// SPDX-License-Identifier: GPL-2.0-or-later
//
// What a command takes it says itself with --help; the completion asks it. bash looks for a file by the
// command's name: each of them leads to this one.
#include "cmd/install/install.h"

namespace ocfs2 {
namespace {

constexpr std::string_view box_completion = R"bash(# bash completion of ocfs2box and all commands that it is
_ocfs2box() {
  local word=${COMP_WORDS[COMP_CWORD]} help
  help=$("$1" --help 2> /dev/null) || return
  case $word in
    -*) mapfile -t COMPREPLY < <(compgen -W "$(grep -oE -- '(^|[ ,])--?[A-Za-z][A-Za-z0-9-]*=?' <<< "$help" |
          tr -d ' ,')" -- "$word") ;;
    *) if [ "$COMP_CWORD" = 1 ] && grep -q '^Commands' <<< "$help"; then
         mapfile -t COMPREPLY < <(compgen -W "$(sed -n '/^Commands/,$s/^  \([a-z0-9._-]*\)  .*/\1/p' \
           <<< "$help")" -- "$word")
       fi
       [ ${#COMPREPLY[@]} -gt 0 ] || mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
  esac
}
mapfile -t _ocfs2box_names < <(ocfs2box --list 2> /dev/null | while read -r name words; do echo "$name"; done)
complete -o filenames -F _ocfs2box ocfs2box "${_ocfs2box_names[@]}"
)bash";

constexpr InstalledFile files[] = {
    {"completions", "usr/share/bash-completion/completions/ocfs2box", box_completion},
};

}  // namespace

std::span<const InstalledFile> completion_files() { return files; }

}  // namespace ocfs2
