"""The indexed two-key queue: a heap, with an unsorted buffer for what has just arrived.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204), section on data structures.
An arrival is appended to the buffer, which only remembers its best element: O(1) on the
critical path. `merge` moves the buffer into the heap, O(k log n), while the engine computes.
Taking the best, changing a key and removing are O(log n) amortised: an entry that was
replaced stays in the heap and is dropped when it comes to the top, or when such entries are the
majority, so that memory stays O(n).
"""

import heapq
from collections.abc import Hashable, Iterator
from typing import Any, Generic, TypeVar

Item = TypeVar("Item")
Key = tuple[float, ...]
# The key's numbers, then the order of arrival in the queue (ties are stable), then the item's
# name: flat, because comparing nested tuples takes twice as long.
_Entry = tuple[Any, ...]
SLACK = 64  # stale entries that are not worth a clean-up


class IndexedQueue(Generic[Item]):
    """Items by name, the smallest key first. Keys of one queue have the same length."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._buffer: list[_Entry] = []
        self._best: _Entry | None = None  # the smallest entry of the buffer, always live
        self._live: dict[Hashable, _Entry] = {}
        self._items: dict[Hashable, Item] = {}
        self._count = 0

    def __len__(self) -> int:
        return len(self._items)

    def __contains__(self, name: Hashable) -> bool:
        return name in self._items

    def __iter__(self) -> Iterator[Item]:
        """All items, in no order."""
        return iter(self._items.values())

    def push(self, name: Hashable, key: Key, item: Item) -> None:
        """Add an item, O(1). Raises KeyError when the name is in the queue already."""
        if name in self._items:
            raise KeyError(f"{name!r} is in the queue already")
        self._count += 1
        entry = (*key, self._count, name)
        self._items[name] = item
        self._live[name] = entry
        self._buffer.append(entry)
        if self._best is None or entry < self._best:
            self._best = entry

    def change_key(self, name: Hashable, key: Key) -> None:
        """Give an item another place, O(log n); ties still go by its first arrival.

        Raises KeyError when there is no such item.
        """
        old = self._live[name]
        entry = (*key, *old[-2:])
        if entry == old:
            return
        self._live[name] = entry
        heapq.heappush(self._heap, entry)
        if self._best is old:
            self.merge()
        self._compact()

    def remove(self, name: Hashable) -> Item:
        """Take an item out by name, O(log n). Raises KeyError when there is no such item."""
        item = self._items.pop(name)
        entry = self._live.pop(name)
        if self._best is entry:
            self.merge()
        self._compact()
        return item

    def get(self, name: Hashable) -> Item | None:
        """The item of that name, left where it is."""
        return self._items.get(name)

    def peek(self) -> Item | None:
        """The item with the smallest key, left in the queue; None when empty."""
        entry = self._first()
        return None if entry is None else self._items[entry[-1]]

    def first(self) -> tuple[Key, Item] | None:
        """The smallest key and its item, left in the queue; None when empty."""
        entry = self._first()
        return None if entry is None else (entry[:-2], self._items[entry[-1]])

    def pop(self) -> Item:
        """Take the item with the smallest key. Raises IndexError when empty."""
        entry = self._first()
        if entry is None:
            raise IndexError("the queue is empty")
        del self._live[entry[-1]]
        if entry is self._best:
            self.merge()
        else:
            heapq.heappop(self._heap)
        item = self._items.pop(entry[-1])
        self._compact()
        return item

    def merge(self) -> None:
        """Move the buffer into the heap; call it off the critical path."""
        live, heap = self._live, self._heap
        fresh = [entry for entry in self._buffer if live.get(entry[-1]) is entry]
        self._buffer.clear()
        self._best = None
        if len(fresh) > len(heap) // 4:  # heapify is O(n): cheaper than many pushes
            heap.extend(fresh)
            heapq.heapify(heap)
        else:
            for entry in fresh:
                heapq.heappush(heap, entry)

    def _first(self) -> _Entry | None:
        heap, live = self._heap, self._live
        while heap and live.get(heap[0][-1]) is not heap[0]:
            heapq.heappop(heap)
        if heap and (self._best is None or heap[0] < self._best):
            return heap[0]
        return self._best

    def _compact(self) -> None:
        live, limit = self._live, 2 * len(self._items) + SLACK
        if len(self._buffer) > limit:
            self._buffer = [entry for entry in self._buffer if live.get(entry[-1]) is entry]
        if len(self._heap) > limit:
            self._heap = [entry for entry in self._heap if live.get(entry[-1]) is entry]
            heapq.heapify(self._heap)
