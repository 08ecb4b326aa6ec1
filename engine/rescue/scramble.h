// SPDX-License-Identifier: GPL-2.0-or-later
//
// Blocks of metadata without what they say of people: names in directories, targets of symbolic links, names
// and values of attributes, contents that lie inside inodes. What is wrong with the volume stays as wrong as
// it is, and what is right stays right:
//
//   - a name keeps its length, and its looks where no index with leaves knows it; the same name in one
//     directory becomes the same name
//   - the name of an entry in such an index is chosen so that its new hash belongs in the leaf that the old
//     one belongs in: so index entries stay where they are and only change their hashes
//   - the name of an attribute keeps its hash; values become zeros, but for access control lists
//   - room behind entries, free inodes, blocks of allocators that say not what they are: zeros
//   - of a journal stays what is to be replayed, scrambled as in its place; of a clean one the superblock
//   - checksums are right where they were right
//
// Stay as they are: ".", "..", "lost+found" in the root, the system's own directories with their orphans,
// labels, owners, times, sizes.
#pragma once

#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

#include "engine/rescue/metadata_map.h"
#include "engine/rescue/name_cipher.h"
#include "engine/volume/volume.h"
#include "ondisk/index.h"

namespace ocfs2 {

class Scrambler {
 public:
  /// `seen` is the volume behind its journals; `pieces` is what map_metadata found, on it and on the volume
  /// itself. All outlive this.
  Scrambler(Volume& volume, Volume& seen, std::vector<MetadataPiece> pieces, const NameCipher::Key& key);
  ~Scrambler();

  /// Changes consecutive blocks of the volume. Several threads may call this.
  void change(BlockNo first, Bytes bytes);

 private:
  struct Names;  ///< of one directory
  using NamesOf = std::shared_ptr<const Names>;

  void change_block(BlockNo at, Bytes block);
  void change_labelled(BlockNo at, Bytes block);
  void change_inode(BlockNo at, Bytes block);
  void change_body(BlockNo at, Bytes block);
  void change_area(const Names& names, Bytes area) const;
  void change_directory(const MetadataPiece& piece, BlockNo at, Bytes block);
  void change_hashes(const Names& names, Bytes list) const;
  void change_container(Bytes container) const;
  void change_bucket(const MetadataPiece& piece, BlockNo at, Bytes block);
  void change_log(const MetadataPiece& piece, BlockNo at, Bytes block);
  /// Lets `work` change a region and gives it a right checksum if it had one.
  template <class Work>
  void sealed(const BlockKind& kind, Bytes region, const Work& work) const;

  const MetadataPiece* piece_of(BlockNo at) const;
  std::span<const MetadataPiece> pieces_of(InodeNo owner) const;
  void find_live_logs();
  NamesOf names_of(InodeNo directory);
  NamesOf learn(InodeNo directory);
  void learn_leaves(const BlockRef<Inode>& inode, Names& names);
  template <class Use>
  void each_name(InodeNo directory, const Names& names, const Use& use);
  void number_names(InodeNo directory, Names& names);
  void learn_hashes(InodeNo directory, Names& names);
  bool stays(const Names& names, std::string_view name) const;
  std::string other_name(const Names& names, std::string_view name) const;
  u64 leaf_of(const Names& names, NameHash hash) const;
  NameHash hash_in_index(const Names& names, std::string_view name, CharSign& sign) const;

  Volume& volume_;
  Volume& seen_;
  const VolumeFacts& facts_;
  std::vector<MetadataPiece> pieces_;    ///< by first block
  std::vector<MetadataPiece> by_owner_;  ///< directories and indexes
  NameCipher cipher_;
  std::unordered_map<u64, u64>
      logged_;        ///< blocks of logs that stay: where they belong, 0 for the log itself
  std::mutex mutex_;  ///< of what follows, and of seen_
  std::map<InodeNo, NamesOf> known_;
  std::list<InodeNo> ages_;  ///< least recently learnt first
};

}  // namespace ocfs2
