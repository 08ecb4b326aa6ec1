// SPDX-License-Identifier: GPL-2.0-or-later
//
// What file(1) needs to know a volume: the signature of block 2, for each size of blocks, and behind it the
// label and the UUID (spec: ondisk.md 1.2, 2).
#include "cmd/install/install.h"

namespace ocfs2 {

std::string_view magic_lines() {
  return R"(1024 string OCFSV2 OCFS2 volume, blocks of 512 bytes
>0x510 string >\0 \b, label "%.64s"
>0x550 ubelong x \b, UUID %08X
>0x554 ubelong x \b%08X
>0x558 ubelong x \b%08X
>0x55C ubelong x \b%08X
2048 string OCFSV2 OCFS2 volume, blocks of 1024 bytes
>0x910 string >\0 \b, label "%.64s"
>0x950 ubelong x \b, UUID %08X
>0x954 ubelong x \b%08X
>0x958 ubelong x \b%08X
>0x95C ubelong x \b%08X
4096 string OCFSV2 OCFS2 volume, blocks of 2048 bytes
>0x1110 string >\0 \b, label "%.64s"
>0x1150 ubelong x \b, UUID %08X
>0x1154 ubelong x \b%08X
>0x1158 ubelong x \b%08X
>0x115C ubelong x \b%08X
8192 string OCFSV2 OCFS2 volume, blocks of 4096 bytes
>0x2110 string >\0 \b, label "%.64s"
>0x2150 ubelong x \b, UUID %08X
>0x2154 ubelong x \b%08X
>0x2158 ubelong x \b%08X
>0x215C ubelong x \b%08X
)";
}

}  // namespace ocfs2
