// SPDX-License-Identifier: GPL-2.0-or-later
//
// The parts of libzstd that no frame of ours needs: the stronger ways of searching, and the formats of its
// first years. The library refers to all of them from its tables; with these names taken, its linker leaves
// 320 KB of the archive out. Nobody gets here: ZstdPacker chooses a fast strategy, and ZstdFile looks at a
// frame's magic first.
#include "engine/error.h"

namespace ocfs2 {

#define OCFS2_NEVER(name) \
  extern "C" void name() { require(false); }

OCFS2_NEVER(ZSTD_compressBlock_btlazy2)
OCFS2_NEVER(ZSTD_compressBlock_btlazy2_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_btlazy2_extDict)
OCFS2_NEVER(ZSTD_compressBlock_greedy)
OCFS2_NEVER(ZSTD_compressBlock_greedy_dedicatedDictSearch)
OCFS2_NEVER(ZSTD_compressBlock_greedy_dedicatedDictSearch_row)
OCFS2_NEVER(ZSTD_compressBlock_greedy_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_greedy_dictMatchState_row)
OCFS2_NEVER(ZSTD_compressBlock_greedy_extDict)
OCFS2_NEVER(ZSTD_compressBlock_greedy_extDict_row)
OCFS2_NEVER(ZSTD_compressBlock_greedy_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy)
OCFS2_NEVER(ZSTD_compressBlock_lazy2)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_dedicatedDictSearch)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_dedicatedDictSearch_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_dictMatchState_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_extDict)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_extDict_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy2_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy_dedicatedDictSearch)
OCFS2_NEVER(ZSTD_compressBlock_lazy_dedicatedDictSearch_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_lazy_dictMatchState_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy_extDict)
OCFS2_NEVER(ZSTD_compressBlock_lazy_extDict_row)
OCFS2_NEVER(ZSTD_compressBlock_lazy_row)
OCFS2_NEVER(ZSTD_dedicatedDictSearch_lazy_loadDictionary)
OCFS2_NEVER(ZSTD_insertAndFindFirstIndex)
OCFS2_NEVER(ZSTD_row_update)

OCFS2_NEVER(ZSTD_compressBlock_btopt)
OCFS2_NEVER(ZSTD_compressBlock_btopt_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_btopt_extDict)
OCFS2_NEVER(ZSTD_compressBlock_btultra)
OCFS2_NEVER(ZSTD_compressBlock_btultra2)
OCFS2_NEVER(ZSTD_compressBlock_btultra_dictMatchState)
OCFS2_NEVER(ZSTD_compressBlock_btultra_extDict)
OCFS2_NEVER(ZSTD_updateTree)

OCFS2_NEVER(ZBUFFv05_createDCtx)
OCFS2_NEVER(ZBUFFv05_decompressContinue)
OCFS2_NEVER(ZBUFFv05_decompressInitDictionary)
OCFS2_NEVER(ZBUFFv05_freeDCtx)
OCFS2_NEVER(ZBUFFv06_createDCtx)
OCFS2_NEVER(ZBUFFv06_decompressContinue)
OCFS2_NEVER(ZBUFFv06_decompressInitDictionary)
OCFS2_NEVER(ZBUFFv06_freeDCtx)
OCFS2_NEVER(ZBUFFv07_createDCtx)
OCFS2_NEVER(ZBUFFv07_decompressContinue)
OCFS2_NEVER(ZBUFFv07_decompressInitDictionary)
OCFS2_NEVER(ZBUFFv07_freeDCtx)
OCFS2_NEVER(ZSTDv05_createDCtx)
OCFS2_NEVER(ZSTDv05_decompress_usingDict)
OCFS2_NEVER(ZSTDv05_findFrameSizeInfoLegacy)
OCFS2_NEVER(ZSTDv05_freeDCtx)
OCFS2_NEVER(ZSTDv05_getFrameParams)
OCFS2_NEVER(ZSTDv06_createDCtx)
OCFS2_NEVER(ZSTDv06_decompress_usingDict)
OCFS2_NEVER(ZSTDv06_findFrameSizeInfoLegacy)
OCFS2_NEVER(ZSTDv06_freeDCtx)
OCFS2_NEVER(ZSTDv06_getFrameParams)
OCFS2_NEVER(ZSTDv07_createDCtx)
OCFS2_NEVER(ZSTDv07_decompress_usingDict)
OCFS2_NEVER(ZSTDv07_findFrameSizeInfoLegacy)
OCFS2_NEVER(ZSTDv07_freeDCtx)
OCFS2_NEVER(ZSTDv07_getFrameParams)

#undef OCFS2_NEVER

}  // namespace ocfs2
