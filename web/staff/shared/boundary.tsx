import { Component, type ReactNode } from 'react'

interface BoundaryProps {
  /** What is shown in place of the children once drawing them has failed; goOn draws them afresh. */
  fallback: (goOn: () => void) => ReactNode
  children: ReactNode
}

/** Boundary keeps an error in one part of the document from taking the rest along. */
export class Boundary extends Component<BoundaryProps, { broken: boolean }> {
  override state = { broken: false }

  static getDerivedStateFromError() {
    return { broken: true }
  }

  override render() {
    const { fallback, children } = this.props
    return this.state.broken ? fallback(() => this.setState({ broken: false })) : children
  }
}
