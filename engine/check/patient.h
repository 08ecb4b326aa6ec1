// SPDX-License-Identifier: GPL-2.0-or-later
//
// A block on the examination table. Nothing about it is believed: it is read without its judge, and looked at
// through functions that never leave its bytes. It shows what it would be with the repairs made so far;
// mending it goes through the Mender, which is the only thing in fsck that can change a volume.
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "engine/check/mender.h"
#include "engine/error.h"
#include "ondisk/check.h"

namespace ocfs2 {

class AnyPatient {
 public:
  /// `bytes` live as long as this, or as long as `hold` does. Without a `mender` it can only be looked at.
  AnyPatient(BlockNo block, const BlockKind& kind, ConstBytes bytes, CheckResult check, Mender* mender,
             std::shared_ptr<const void> hold = {})
      : block_(block), kind_(&kind), bytes_(bytes), check_(check), mender_(mender), hold_(std::move(hold)) {}

  BlockNo block() const { return block_; }
  const BlockKind& kind() const { return *kind_; }
  /// What its checksum said when it was read: `mended` means that one bit is put right in these bytes but not
  /// on the device.
  CheckResult check() const { return check_; }

  /// All bytes, as they are after the repairs so far.
  ConstBytes bytes() const {
    if (mender_ == nullptr) return bytes_;
    const ConstBytes pending = mender_->pending(block_);
    return pending.empty() ? bytes_ : pending;
  }
  /// The writable bytes. Only after a problem was resolved with yes. Valid until the mender commits.
  Bytes mend_bytes() {
    require(mender_ != nullptr);
    return mender_->edit(block_, *kind_, bytes_);
  }
  Mender* mender() const { return mender_; }

 private:
  BlockNo block_;
  const BlockKind* kind_;
  ConstBytes bytes_;
  CheckResult check_;
  Mender* mender_;
  std::shared_ptr<const void> hold_;
};

/// A patient seen as a T.
template <class T>
class Patient : public AnyPatient {
 public:
  explicit Patient(AnyPatient any) : AnyPatient(std::move(any)) {}
  const T& operator*() const { return as<T>(bytes()); }
  const T* operator->() const { return &**this; }
  T& mend() { return as<T>(mend_bytes()); }
  /// Mends what hid other damage: the block may be changed all the same, and who comes later sees to that.
  template <class Change>
  void uncover(Change change) {
    std::vector<u8> block(bytes().begin(), bytes().end());
    change(as<T>(Bytes(block)));
    std::ranges::copy(block, mender()->edit(this->block(), kind(), block).begin());
  }
};

}  // namespace ocfs2
