"""The indexed two-key queue: a heap, with an unsorted buffer for what has just arrived.

Source: Semantic Scheduling for LLM Inference (arXiv 2506.12204), section on data structures.
An arrival is appended to the buffer, which only remembers its best element: O(1) on the
critical path. `merge` moves the buffer into the heap, O(k log n), while the engine computes.
Taking the best, changing a key and removing are O(log n) amortised: an entry that was
replaced stays in the heap and is dropped when it comes to the top.
"""

import heapq
from collections.abc import Hashable, Iterator
from typing import Generic, TypeVar

Item = TypeVar("Item")
Key = tuple[float, ...]
# Order: key, then order of arrival in the queue (ties are stable), then the item's name.
_Entry = tuple[Key, int, Hashable]


class IndexedQueue(Generic[Item]):
    """Items by name, the smallest key first."""

    def __init__(self) -> None:
        self._heap: list[_Entry] = []
        self._buffer: list[_Entry] = []
        self._best: _Entry | None = None  # the smallest live entry of the buffer
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
        entry = (key, self._count, name)
        self._items[name] = item
        self._live[name] = entry
        self._buffer.append(entry)
        if self._best is None or entry < self._best:
            self._best = entry

    def change_key(self, name: Hashable, key: Key) -> None:
        """Give an item another place; ties still go by its first arrival.

        Raises KeyError when there is no such item.
        """
        old = self._live[name]
        if old[0] == key:
            return
        entry = (key, old[1], name)
        self._live[name] = entry
        heapq.heappush(self._heap, entry)
        if self._best is old:
            self._find_best()
        self._compact()

    def remove(self, name: Hashable) -> Item:
        """Take an item out by name. Raises KeyError when there is no such item."""
        item = self._items.pop(name)
        entry = self._live.pop(name)
        if self._best is entry:
            self._find_best()
        self._compact()
        return item

    def get(self, name: Hashable) -> Item | None:
        """The item of that name, left where it is."""
        return self._items.get(name)

    def peek(self) -> Item | None:
        """The item with the smallest key, left in the queue; None when empty."""
        entry = self._first()
        return None if entry is None else self._items[entry[2]]

    def pop(self) -> Item:
        """Take the item with the smallest key. Raises IndexError when empty."""
        entry = self._first()
        if entry is None:
            raise IndexError("the queue is empty")
        if entry is self._best:
            self._best = None
            del self._live[entry[2]]
            self.merge()
        else:
            heapq.heappop(self._heap)
            del self._live[entry[2]]
        return self._items.pop(entry[2])

    def merge(self) -> None:
        """Move the buffer into the heap; call it off the critical path."""
        live, heap = self._live, self._heap
        fresh = [entry for entry in self._buffer if live.get(entry[2]) is entry]
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
        while heap and live.get(heap[0][2]) is not heap[0]:
            heapq.heappop(heap)
        if heap and (self._best is None or heap[0] < self._best):
            return heap[0]
        return self._best

    def _find_best(self) -> None:
        live = self._live
        self._buffer = [entry for entry in self._buffer if live.get(entry[2]) is entry]
        self._best = min(self._buffer, default=None)

    def _compact(self) -> None:
        """Drop stale entries once they are the majority, so that memory stays O(n)."""
        if len(self._heap) > 2 * len(self._items) + 64:
            self._heap = [entry for entry in self._heap if self._live.get(entry[2]) is entry]
            heapq.heapify(self._heap)
